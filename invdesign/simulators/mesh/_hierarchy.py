"""An O-grid's cells as graphs, each coarser than the one before."""

import dataclasses
import functools

import jax
import jax.numpy as jnp
import numpy as np

from ..._types import Array, Float
from ...graphs import EdgeList


@dataclasses.dataclass(frozen=True)
class Level:
    """A grid of `num_layers` x `num_points` cells, joined over their faces, both ways.

    **Arguments:** `across`, `along`: cells of this level in one of the next, by direction.
    """

    num_layers: int
    num_points: int
    across: int
    along: int

    @property
    def num_cells(self) -> int:
        return self.num_layers * self.num_points

    @functools.cached_property
    def pairs(self) -> tuple[np.ndarray, np.ndarray]:
        """Senders and receivers, by receiver."""
        layer, i = np.meshgrid(
            np.arange(self.num_layers), np.arange(self.num_points), indexing="ij"
        )
        cell = layer * self.num_points + i
        ahead = layer * self.num_points + (i + 1) % self.num_points
        one = np.concatenate([cell.ravel(), cell[:-1].ravel()])
        other = np.concatenate([ahead.ravel(), cell[1:].ravel()])
        senders, receivers = np.concatenate([one, other]), np.concatenate([other, one])
        order = np.lexsort((senders, receivers))
        return senders[order].astype(np.int32), receivers[order].astype(np.int32)

    def graph(self) -> EdgeList:
        """The faces as edges."""
        senders, receivers = (jnp.asarray(index) for index in self.pairs)
        return EdgeList(senders, receivers, jnp.ones(senders.shape, bool))

    def pool(self, rows: Float[Array, "cell feature"]) -> Float[Array, "coarse feature"]:
        """Means over the cells of the next level."""
        split = rows.reshape(
            self.num_layers // self.across, self.across,
            self.num_points // self.along, self.along, -1,
        )  # fmt: skip
        return split.mean(axis=(1, 3)).reshape(-1, rows.shape[-1])

    def spread(self, rows: Float[Array, "coarse feature"]) -> Float[Array, "cell feature"]:
        """Rows of the next level's cells, at each of this level's cells in them."""
        coarse = rows.reshape(
            self.num_layers // self.across, 1, self.num_points // self.along, 1, -1
        )
        shape = (coarse.shape[0], self.across, coarse.shape[2], self.along, coarse.shape[4])
        return jnp.broadcast_to(coarse, shape).reshape(-1, rows.shape[-1])


@functools.lru_cache(maxsize=16)
def hierarchy(num_layers: int, num_points: int, num_levels: int) -> tuple[Level, ...]:
    """The finest grid and `num_levels - 1` coarser ones.

    **Raises:** `ValueError` if the grid cannot be coarsened as often.
    """
    levels, shape = [], (num_layers, num_points)
    for index in range(num_levels):
        across, along = (_divisor(number) for number in shape)
        if index < num_levels - 1 and across * along == 1:
            raise ValueError(
                f"A grid of {num_layers} x {num_points} cells has {index + 1} levels at most, "
                f"asked for {num_levels}."
            )
        levels.append(Level(*shape, across, along))
        shape = (shape[0] // across, shape[1] // along)
    return tuple(levels)


def _divisor(number: int) -> int:
    return next((d for d in (2, 3, 5) if number % d == 0), 1)


def edge_features(level: Level, centers: Float[Array, "cell 2"]) -> Float[Array, "edge 3"]:
    """Direction from receiver to sender, and the logarithm of the distance."""
    senders, receivers = (jnp.asarray(index) for index in level.pairs)
    offset = centers[senders] - centers[receivers]
    distance = jnp.linalg.norm(offset, axis=1, keepdims=True)
    return jnp.concatenate([offset / distance, jnp.log(distance)], axis=1)


def pooled_centers(
    levels: tuple[Level, ...], centers: Float[Array, "cell 2"]
) -> tuple[jax.Array, ...]:
    """Centers of the cells of every level."""
    found = [centers]
    for level in levels[:-1]:
        found.append(level.pool(found[-1]))
    return tuple(found)
