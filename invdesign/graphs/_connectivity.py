"""Who interacts with whom: neighbor search inside the compiled rollout."""

import abc
import math

import equinox as eqx
import jax.numpy as jnp
from jax import lax

from .._results import RESULTS, as_code
from .._types import Array, Code, Float, Int
from ._bits import WORD
from ._cells import nearby
from ._edges import EdgeList
from ._pairs import list_pairs
from ._slots import whole_blocks

# Points up to which comparing all pairs is faster than sorting them into cells.
_ALL_PAIRS = 1500


class AbstractConnectivity(eqx.Module):
    """Finds the edges of a set of points. Carries no gradient and never truncates silently."""

    @abc.abstractmethod
    def __call__(self, position: Float[Array, "node dim"]) -> tuple[EdgeList, Code]:
        """Edges and a `RESULTS` code, `capacity_exceeded` where they did not all fit."""

    @abc.abstractmethod
    def grow(self, factor: float) -> "AbstractConnectivity":
        """The same connectivity with `factor` times the capacity (host side)."""


def _slots(edges_per_node: float, num_nodes: int) -> int:
    return whole_blocks(max(1, math.ceil(edges_per_node * num_nodes)))


def _code(total: Int[Array, ""], capacity: int) -> Code:
    exceeded = as_code(RESULTS.capacity_exceeded)
    return jnp.where(total > capacity, exceeded, as_code(RESULTS.successful))


class RadiusGraph(AbstractConnectivity):
    """Edges between all pairs of distinct points closer than `radius`.

    Compares all pairs up to 1500 points, where that is fastest, and the points of neighboring
    cells beyond. Receivers ascend; the order of the edges does not depend on the capacity.

    **Arguments:**

    - `radius`: in metres.
    - `edges_per_node`: capacity as a mean number of edges that arrive at a node. Cells have room
      for several times that density; where points crowd beyond it, that is an exceeded capacity,
      too.
    """

    radius: float = eqx.field(static=True)
    edges_per_node: float = eqx.field(static=True)

    def __call__(self, position: Float[Array, "node dim"]) -> tuple[EdgeList, Code]:
        position = lax.stop_gradient(position)
        if position.shape[0] <= _ALL_PAIRS:
            return self._compare_all(position)
        return self._compare_nearby(position)

    def _compare_all(self, position: Float[Array, "node dim"]) -> tuple[EdgeList, Code]:
        num_nodes = position.shape[0]
        # Padded here and not by `list_pairs`, which could not merge the comparison with the rest.
        spare = ((0, -num_nodes % WORD), (0, 0))
        padded = jnp.pad(position, spare, constant_values=jnp.inf)
        near = _squared(position[:, None], padded[None]) < self.radius**2
        other = jnp.arange(num_nodes)[:, None] != jnp.arange(padded.shape[0])[None]
        edges, total = list_pairs(near & other, self._capacity(num_nodes))
        senders = jnp.minimum(edges.senders, num_nodes - 1)  # empty slots may name the padding
        code = _code(total, self._capacity(num_nodes))
        return EdgeList(senders, edges.receivers, edges.mask), code

    def _compare_nearby(self, position: Float[Array, "node dim"]) -> tuple[EdgeList, Code]:
        num_nodes = position.shape[0]
        # A run of three cells holds about as many points as a point has neighbors.
        slots = 32 * math.ceil(self.edges_per_node / 8)
        found = nearby(position, self.radius, slots)
        near = _squared(position[:, None], position[found.index]) < self.radius**2
        near = near & found.mask & (found.index != jnp.arange(num_nodes)[:, None])
        listed, total = list_pairs(near, self._capacity(num_nodes))
        senders = found.index[listed.receivers, listed.senders]
        code = _code(total, self._capacity(num_nodes))
        # Points that are not numbers crowd in one cell; what failed then is not capacity.
        crowded = (found.fullest > slots) & jnp.isfinite(position).all()
        code = jnp.where(crowded, as_code(RESULTS.capacity_exceeded), code)
        return EdgeList(senders, listed.receivers, listed.mask), code

    def _capacity(self, num_nodes: int) -> int:
        return _slots(self.edges_per_node, num_nodes)

    def grow(self, factor: float) -> "RadiusGraph":
        return RadiusGraph(self.radius, self.edges_per_node * factor)


def _squared(a: Array, b: Array) -> Array:
    """Squared distances over the last axis, an axis at a time: faster on a CPU than a sum."""
    return sum((a[..., axis] - b[..., axis]) ** 2 for axis in range(a.shape[-1]))  # type: ignore


class ObstacleGraph(eqx.Module):
    """Edges from every obstacle to every point whose gap to it is below `radius`.

    **Arguments:**

    - `radius`: largest gap between a point and an obstacle's surface, in metres.
    - `edges_per_node`: capacity as a mean number of obstacles near a point.
    """

    radius: float = eqx.field(static=True)
    edges_per_node: float = eqx.field(static=True)

    def __call__(self, gap: Float[Array, "node obstacle"]) -> tuple[EdgeList, Code]:
        """Edges (senders are obstacles, receivers points) and a `RESULTS` code."""
        gap = lax.stop_gradient(gap)
        capacity = _slots(self.edges_per_node, gap.shape[0])
        edges, total = list_pairs(gap < self.radius, capacity)
        return edges, _code(total, capacity)

    def grow(self, factor: float) -> "ObstacleGraph":
        """The same with `factor` times the capacity (host side)."""
        return ObstacleGraph(self.radius, self.edges_per_node * factor)
