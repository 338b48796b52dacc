"""Candidates for neighbors from a list of cells: work grows with the points, not their square."""

import itertools

import equinox as eqx
import jax.numpy as jnp

from .._types import Array, Bool, Float, Int

# Cells are a little wider than the radius, so that rounding cannot part two neighbors by two.
_MARGIN = 1.0001


class Candidates(eqx.Module):
    """The points in a point's own cell and those around it.

    **Arguments:**

    - `index`: of the candidates, `(node, candidate)`; something valid in unused slots.
    - `mask`: which slots are used.
    - `fullest`: slots that the fullest run of cells would need; more than there are means that
      candidates are missing.
    """

    index: Int[Array, "node candidate"]
    mask: Bool[Array, "node candidate"]
    fullest: Int[Array, ""]


def nearby(position: Float[Array, "node dim"], radius: float, slots: int) -> Candidates:
    """Candidates from cells as wide as `radius`, `slots` of them for each run of three cells.

    Points are sorted by cell, the last axis fastest, so that three cells in a row are one run of
    the sorted points. Its ends are found by bisection: no table of cells is needed, and the box
    may be of any size.

    Source: Green (2010), "Particle simulation using CUDA", the variant based on sorting.
    """
    num_nodes, dim = position.shape
    base = 2 ** (30 // dim)  # cells along an axis at most
    places = [base ** (dim - 1 - axis) for axis in range(dim)]
    cell = jnp.floor((position - position.min(axis=0)[None]) / (_MARGIN * radius))
    # Clipped before the conversion; what lies farther out shares the last cell.
    cell = jnp.clip(cell, 0, base - 4).astype(jnp.int32) + 1
    key = jnp.sum(cell * jnp.asarray(places, jnp.int32)[None], axis=1)
    order = jnp.argsort(key).astype(jnp.int32)
    rows = itertools.product((-1, 0, 1), repeat=dim - 1)
    shift = [sum(o * p for o, p in zip(row, places, strict=False)) for row in rows]
    middle = key[:, None] + jnp.asarray(shift, jnp.int32)[None]
    first, end = _find(key[order], middle - 1), _find(key[order], middle + 2)
    slot = first[:, :, None] + jnp.arange(slots, dtype=jnp.int32)[None, None]
    mask = slot < end[:, :, None]
    return Candidates(
        index=order[jnp.minimum(slot, num_nodes - 1)].reshape(num_nodes, -1),
        mask=mask.reshape(num_nodes, -1),
        fullest=(end - first).max(),
    )


def _find(ascending: Int[Array, " node"], key: Int[Array, "node row"]) -> Int[Array, "node row"]:
    """How many entries are below each key."""
    return jnp.searchsorted(ascending, key, method="scan_unrolled").astype(jnp.int32)
