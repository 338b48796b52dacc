"""Who interacts with whom: neighbour search inside the compiled rollout."""

import abc
import math

import equinox as eqx
import jax.numpy as jnp
from jax import lax

from .._results import RESULTS, as_code
from .._types import Array, Bool, Code, Float, Int
from ._edges import EdgeList


class AbstractConnectivity(eqx.Module):
    """Finds the edges of a set of points. Carries no gradient and never truncates silently."""

    @abc.abstractmethod
    def __call__(self, position: Float[Array, "node dim"]) -> tuple[EdgeList, Code]:
        """Edges and a `RESULTS` code, `capacity_exceeded` where they did not all fit."""

    @abc.abstractmethod
    def grow(self, factor: float) -> "AbstractConnectivity":
        """The same connectivity with `factor` times the capacity (host side)."""


def list_pairs(
    near: Bool[Array, "receiver sender"], capacity: int
) -> tuple[EdgeList, Int[Array, ""]]:
    """The first `capacity` true entries of `near` as edges, and how many there are in all.

    A running count turns the search for the k-th true entry into a bisection, which is faster
    on a CPU than the scatter of `jnp.nonzero`.
    """
    num_senders = near.shape[1]
    count = jnp.cumsum(near.reshape(-1).astype(jnp.int32))
    slot = jnp.arange(1, capacity + 1, dtype=jnp.int32)
    flat = jnp.searchsorted(count, slot, method="scan_unrolled")
    flat = jnp.minimum(flat, near.size - 1).astype(jnp.int32)
    total = count[-1]
    edges = EdgeList(senders=flat % num_senders, receivers=flat // num_senders, mask=slot <= total)
    return edges, total


def _code(total: Int[Array, ""], capacity: int) -> Code:
    exceeded = as_code(RESULTS.capacity_exceeded)
    return jnp.where(total > capacity, exceeded, as_code(RESULTS.successful))


class RadiusGraph(AbstractConnectivity):
    """Edges between all pairs of distinct points closer than `radius`, by comparing all pairs.

    The best choice up to about two thousand points.

    **Arguments:**

    - `radius`: in metres.
    - `edges_per_node`: capacity as a mean number of edges that arrive at a node.
    """

    radius: float = eqx.field(static=True)
    edges_per_node: float = eqx.field(static=True)

    def __call__(self, position: Float[Array, "node dim"]) -> tuple[EdgeList, Code]:
        position = lax.stop_gradient(position)
        num_nodes, dim = position.shape
        squared = jnp.zeros((num_nodes, num_nodes), position.dtype)
        for axis in range(dim):
            squared = squared + (position[:, None, axis] - position[None, :, axis]) ** 2
        near = (squared < self.radius**2) & ~jnp.eye(num_nodes, dtype=bool)
        capacity = max(1, math.ceil(self.edges_per_node * num_nodes))
        edges, total = list_pairs(near, capacity)
        return edges, _code(total, capacity)

    def grow(self, factor: float) -> "RadiusGraph":
        return RadiusGraph(self.radius, self.edges_per_node * factor)


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
        capacity = max(1, math.ceil(self.edges_per_node * gap.shape[0]))
        edges, total = list_pairs(gap < self.radius, capacity)
        return edges, _code(total, capacity)

    def grow(self, factor: float) -> "ObstacleGraph":
        """The same with `factor` times the capacity (host side)."""
        return ObstacleGraph(self.radius, self.edges_per_node * factor)
