"""From a table of who is near whom to a list of pairs, a machine word at a time."""

import jax.numpy as jnp
from jax import lax

from .._types import Array, Bool, Int
from ._bits import WORD, num_words, pack_bits
from ._edges import EdgeList


def list_pairs(
    near: Bool[Array, "receiver sender"], capacity: int
) -> tuple[EdgeList, Int[Array, ""]]:
    """The first `capacity` true entries of `near`, row by row, as edges; how many there are in all.

    Rows are packed into words of 32 bits, whose running count turns the search for the k-th true
    entry into a bisection. On a CPU this is several times faster than the scatter of
    `jnp.nonzero` or a running count of single entries.
    """
    num_senders = near.shape[1]
    per_row = num_words(num_senders)
    words = pack_bits(near).reshape(-1)
    slot = jnp.arange(capacity, dtype=jnp.int32)
    counts = _popcount(words)
    until = jnp.cumsum(counts)
    at = jnp.searchsorted(until, slot, side="right", method="scan_unrolled").astype(jnp.int32)
    at = jnp.minimum(at, words.shape[0] - 1)
    bit = _position(words[at], slot - (until[at] - counts[at]))
    total = until[-1]
    edges = EdgeList(
        senders=jnp.minimum(at % per_row * WORD + bit, num_senders - 1),
        receivers=at // per_row,
        mask=slot < total,
    )
    return edges, total


def _position(word: Array, rank: Int[Array, " edge"]) -> Int[Array, " edge"]:
    """Where a word's bit number `rank` of those that are set sits: a bisection by halves."""
    position = jnp.zeros_like(rank)
    for half in (16, 8, 4, 2, 1):
        count = _popcount(word & jnp.uint32((1 << half) - 1))
        above = rank >= count
        rank = jnp.where(above, rank - count, rank)
        position = jnp.where(above, position + half, position)
        word = jnp.where(above, jnp.right_shift(word, jnp.uint32(half)), word)
    return position


def _popcount(word: Array) -> Int[Array, "..."]:
    return lax.population_count(word).astype(jnp.int32)
