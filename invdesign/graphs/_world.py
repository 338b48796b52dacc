"""Edges between nodes of meshes that come near each other in space."""

import equinox as eqx
import jax.numpy as jnp

from .._types import Array, Bool, Code, Float, Int
from ._connectivity import RadiusGraph
from ._edges import EdgeList


def both_ways(pairs: Int[Array, "pair 2"]) -> EdgeList:
    """The edges of a mesh in both directions, by receiver and then by sender.

    A pair that joins a node to itself is an empty slot.
    """
    senders, receivers, order = _ordered(pairs)
    senders, receivers = senders[order], receivers[order]
    return EdgeList(senders, receivers, senders != receivers)


def pair_values(
    pairs: Int[Array, "pair 2"], values: Float[Array, " pair"]
) -> Float[Array, " edge"]:
    """Values of pairs at the edges of `both_ways(pairs)`."""
    return jnp.concatenate([values, values])[_ordered(pairs)[2]]


def _ordered(pairs: Int[Array, "pair 2"]) -> tuple[Array, Array, Array]:
    """Senders and receivers of the pairs in both directions, and their order."""
    senders = jnp.concatenate([pairs[:, 0], pairs[:, 1]])
    receivers = jnp.concatenate([pairs[:, 1], pairs[:, 0]])
    return senders, receivers, jnp.lexsort((senders, receivers))


class WorldGraph(eqx.Module):
    """Edges between nodes closer than a radius that share no edge of a mesh.

    Edges between two nodes whose motion is given anyway are left out. What is left is moved to the
    first slots, so that loops over edges end with the last one.

    Source: Pfaff et al. (2021), section 3.1.

    **Arguments:** `search`: finds all near nodes, neighbors in the mesh included; its capacity has
    to hold those, too.
    """

    search: RadiusGraph

    def __call__(
        self, position: Float[Array, "node dim"], mesh: EdgeList, is_free: Bool[Array, " node"]
    ) -> tuple[EdgeList, Code]:
        """Edges and a `RESULTS` code; `mesh` as `both_ways` has it."""
        near, code = self.search(position)
        wanted = near.mask & (is_free[near.senders] | is_free[near.receivers])
        wanted = wanted & ~_among(near, mesh, position.shape[0])
        order = jnp.argsort(~wanted, stable=True)
        return EdgeList(near.senders[order], near.receivers[order], wanted[order]), code

    def grow(self, factor: float) -> "WorldGraph":
        """The same with `factor` times the capacity (host side)."""
        return WorldGraph(self.search.grow(factor))


def _among(edges: EdgeList, mesh: EdgeList, num_nodes: int) -> Bool[Array, " edge"]:
    """Which edges are edges of a mesh, too; found by bisection among its ascending pairs."""
    if num_nodes**2 > jnp.iinfo(jnp.int32).max:
        raise ValueError(f"`WorldGraph` needs at most 46340 nodes, got {num_nodes}.")
    if mesh.senders.shape[0] == 0:
        return jnp.zeros_like(edges.mask)
    known = mesh.receivers * num_nodes + mesh.senders
    asked = edges.receivers * num_nodes + edges.senders
    place = jnp.searchsorted(known, asked, method="scan_unrolled").astype(jnp.int32)
    return known[jnp.minimum(place, known.shape[0] - 1)] == asked
