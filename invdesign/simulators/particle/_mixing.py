"""Velocities that neighbors share."""

from typing import Any

import jax.numpy as jnp

from ..._types import Array, Float
from ...graphs import EdgeList
from ...nn import map_edges


def mix(
    velocity: Float[Array, "node dim"],
    pairs: EdgeList,
    weight: Float[Array, " edge"],
    share: float,
) -> Float[Array, "node dim"]:
    r"""Velocities after each particle has taken up some of its neighbors' ones.

    $$v_i + a \sum_j \frac{w_{ij}}{\max(c_i, c_j)} (v_j - v_i), \quad c_i = 1 + \sum_j w_{ij}$$

    Momentum is conserved and, with a share $a \le 1$, no pattern of velocities grows: what is
    smooth beside the radius stays, what differs from neighbor to neighbor fades. A particle-in-cell
    method does the same by passing velocities over its grid.

    Source: Monaghan (1989), section 3 (XSPH), which moves particles so; here the velocities
    themselves are mixed, as in the particle-in-cell method that it was made after.

    **Arguments:** `weight`: the same for both directions of a pair, from 0 to 1.
    """
    num_nodes = velocity.shape[0]

    def count(shared: Any, pairs: EdgeList, weight: Array) -> tuple[tuple[()], Array]:
        return (), weight

    def exchange(shared: Any, pairs: EdgeList, weight: Array) -> tuple[tuple[()], Array]:
        here, there = pairs.at_receivers(shared), pairs.at_senders(shared)
        rate = weight / jnp.maximum(here[:, -1], there[:, -1])
        return (), rate[:, None] * (there - here)[:, :-1]

    _, crowd = map_edges(count, (), pairs, weight, num_nodes)
    shared = jnp.concatenate([velocity, 1.0 + crowd[:, None]], axis=1)
    _, change = map_edges(exchange, shared, pairs, weight, num_nodes)
    return velocity + share * change
