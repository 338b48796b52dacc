"""Loops over blocks of edges that end where the real edges end."""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
from jax import lax

from .._types import Array, Bool, Int
from ..graphs._slots import BLOCK as _BLOCK, num_blocks


@jax.custom_batching.custom_vmap
def _largest(count):
    return count


@_largest.def_vmap
def _largest_rule(axis_size, in_batched, count):
    # One trip count for the whole batch: a loop of its own for each member would be run as one
    # masked loop, which copies everything it carries in every turn.
    return _largest(count.max()), False


def end_of(mask: Bool[Array, " edge"]) -> Int[Array, ""]:
    """Number of slots up to the last one in use; the largest of a batch."""
    slot = jnp.arange(1, mask.shape[0] + 1, dtype=jnp.int32)
    return _largest(jnp.max(jnp.where(mask, slot, 0), initial=0))


def block_size(num_edges: int) -> int:
    """Slots a block: some thousand at most on a CPU; all of them elsewhere or if no part fits."""
    if jax.default_backend() == "cpu":
        return num_edges // num_blocks(num_edges, _BLOCK)
    return num_edges


def for_blocks(
    body: Callable[[Any, Any], Any], carry: Any, *, end: Int[Array, ""], num_edges: int, size: int
) -> Any:
    """Apply `body(start, carry) -> carry` to all blocks of `size` slots that start before `end`."""
    if size == num_edges:
        return body(0, carry)
    trips = (end + (size - 1)) // size
    return lax.fori_loop(0, trips, lambda i, c: body(i * size, c), carry)


def part_of(start: Any, size: int) -> Callable[[Any], Any]:
    """Takes the block of `size` rows from `start` out of each array of a tree."""
    return lambda tree: jax.tree.map(lambda x: lax.dynamic_slice_in_dim(x, start, size), tree)


def put(array: Array, block: Array, start: Any) -> Array:
    """`array` with the rows from `start` replaced by `block`."""
    return lax.dynamic_update_slice_in_dim(array, block, start, 0)
