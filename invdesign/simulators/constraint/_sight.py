"""What a network sees of positions: links, walls, who is about to touch whom."""

import abc
from typing import ClassVar

import equinox as eqx
import jax.numpy as jnp

from ..._geometry import safe_norm
from ..._types import Array, Float, Scalar
from ._network import LinkGraph

_SCALES = (0.02, 0.1)  # m, over which room is told apart


class AbstractSight(eqx.Module):
    """Features of nodes and edges that hang on positions: of a frame, and of its candidates.

    - `graph`: who sees whom.
    - `num_edge_features`: of each edge.
    """

    graph: eqx.AbstractVar[LinkGraph]
    num_edge_features: eqx.AbstractClassVar[int]

    @abc.abstractmethod
    def nodes(self, position: Float[Array, "node dim"]) -> Float[Array, "node feature"]:
        """Of each node."""

    @abc.abstractmethod
    def edges(self, position: Float[Array, "node dim"]) -> Float[Array, "edge feature"]:
        """Of each edge."""


class Walls(eqx.Module):
    """A box around nodes.

    **Arguments:** `lower`, `upper`: its corners in metres; `radius`: of the nodes.
    """

    lower: Float[Array, " dim"]
    upper: Float[Array, " dim"]
    radius: Float[Array, " node"]

    num_features: ClassVar[int] = 4 * len(_SCALES)  # in the plane
    # Which feature is whose in the mirror: left and right change places at every scale.
    mirrored: ClassVar[tuple[int, ...]] = tuple(
        4 * scale + wall for scale in range(len(_SCALES)) for wall in (2, 1, 0, 3)
    )

    def features(self, position: Float[Array, "node dim"]) -> Float[Array, "node feature"]:
        """Room between each node and each wall, bounded, at two scales."""
        radius = self.radius[:, None]
        below, above = position - self.lower[None], self.upper[None] - position
        return bounded(jnp.concatenate([below - radius, above - radius], axis=1))


class LinkSight(AbstractSight):
    """Nodes that links join: direction of each, and by how much it is longer than at rest.

    **Arguments:** `graph`; `rest`: lengths of its edges in metres; `unit`: of what they are longer,
    in metres; `walls`: of a box, or `None`.
    """

    graph: LinkGraph
    rest: Float[Array, " edge"]
    unit: Scalar
    walls: Walls | None = None

    num_edge_features: ClassVar[int] = 3

    def nodes(self, position: Float[Array, "node dim"]) -> Float[Array, "node feature"]:
        return _seen(self.walls, position)

    def edges(self, position: Float[Array, "node dim"]) -> Float[Array, "edge feature"]:
        offset = (self.graph.senders - self.graph.receivers) @ position
        stretch = (safe_norm(offset) - self.rest) / self.unit
        return jnp.concatenate([offset / self.rest[:, None], stretch[:, None]], axis=1)


class ContactSight(AbstractSight):
    """Balls that may touch: direction from one to the other, and room between them.

    **Arguments:** `graph`; `reach`: sums of both radii in metres, edge by edge; `walls`.
    """

    graph: LinkGraph
    reach: Float[Array, " edge"]
    walls: Walls

    num_edge_features: ClassVar[int] = 2 + len(_SCALES)

    def nodes(self, position: Float[Array, "node dim"]) -> Float[Array, "node feature"]:
        return _seen(self.walls, position)

    def edges(self, position: Float[Array, "node dim"]) -> Float[Array, "edge feature"]:
        offset = (self.graph.senders - self.graph.receivers) @ position
        distance = safe_norm(offset)
        way = offset / jnp.where(distance > 0, distance, 1.0)[:, None]
        return jnp.concatenate([way, bounded((distance - self.reach)[:, None])], axis=1)


def bounded(room: Float[Array, "row number"]) -> Float[Array, "row feature"]:
    """Rooms in metres as numbers from -1 to 1, at each scale."""
    return jnp.concatenate([jnp.tanh(room / scale) for scale in _SCALES], axis=1)


def _seen(walls: Walls | None, position: Float[Array, "node dim"]) -> Array:
    return position[:, :0] if walls is None else walls.features(position)
