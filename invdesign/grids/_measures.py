"""Areas, centers and angles of the cells of an O-grid, and which of them are none."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from .._types import Array, Bool, Float, Scalar

Nodes = Float[Array, "ring point 2"]


def _cross(first: Array, second: Array) -> Array:
    return first[..., 0] * second[..., 1] - first[..., 1] * second[..., 0]


def _corners(nodes: Nodes) -> tuple[Array, Array, Array, Array]:
    """Corners of all cells, `(layer, point, 2)` each, clockwise: inner pair, outer pair."""
    ahead = jnp.roll(nodes, -1, axis=1)
    return nodes[:-1], ahead[:-1], ahead[1:], nodes[1:]


def cell_areas(nodes: Nodes) -> Float[Array, "layer point"]:
    """Signed areas of the cells; an inverted cell's is negative. In squares of the nodes' unit."""
    one, two, three, four = _corners(nodes)
    return 0.5 * _cross(four - two, three - one)


def bad_cells(nodes: Nodes) -> Bool[Array, "layer point"]:
    """Cells that are not finite, inverted, without area, or cross themselves. Traceable.

    A simple quadrilateral has one reflex corner at most, one that crosses itself has two.
    """
    corners = _corners(nodes)
    turns = [
        _cross(corners[i - 1] - corners[i], corners[(i + 1) % 4] - corners[i]) for i in range(4)
    ]
    reflex = sum((~(turn > 0)).astype(jnp.int32) for turn in turns)
    areas = cell_areas(nodes)
    return ~jnp.isfinite(areas) | (areas <= 0) | (reflex > 1)


def grid_fault(nodes: Any) -> str | None:
    """What is wrong with the cells of a grid, in a sentence, or `None` (host side).

    **Arguments:** `nodes`: `(ring, point, 2)`.
    """
    nodes = jnp.asarray(nodes)
    bad = np.argwhere(np.asarray(bad_cells(nodes)))
    if not len(bad):
        return None
    layer, point = bad[0]
    x, y = np.asarray(nodes[layer, point])
    number = (nodes.shape[0] - 1) * nodes.shape[1]
    return (
        f"{len(bad)} of the {number} cells of the grid around the section are inverted or not "
        f"finite, the first near ({x:.4f}, {y:.4f}); a trailing edge of another thickness, or a "
        "smoother surface there, may do."
    )


def cell_centers(nodes: Nodes) -> Float[Array, "layer point 2"]:
    """Centers of area of the cells."""
    one, two, three, four = _corners(nodes)
    first, second = _cross(three - one, two - one), _cross(four - one, three - one)
    parts = [first[..., None] * (one + two + three), second[..., None] * (one + three + four)]
    return (parts[0] + parts[1]) / (3 * (first + second)[..., None])


def smallest_cell(nodes: Nodes, sharpness: float = 200.0) -> Scalar:
    r"""A smooth minimum over the cells of the area over the mean area in the cell's layer.

    $$-\frac1s \log \sum_i e^{-s\, a_i}$$

    lies below the minimum by at most $\log(n) / s$ for $n$ cells, 0.04 for some 4,000: where it is
    above 0 no cell is inverted. Differentiable everywhere, so a search can keep away from 0.

    **Arguments:** `sharpness`: $s$, above 0.
    """
    areas = cell_areas(nodes)
    shares = areas / jnp.abs(areas.mean(axis=1, keepdims=True))
    return -jax.nn.logsumexp(-sharpness * shares) / sharpness


def wall_normals(nodes: Nodes) -> Float[Array, "point 2"]:
    """Normals of the surface's edges into the fluid, as long as the edges."""
    edge = jnp.roll(nodes[0], -1, axis=0) - nodes[0]
    return jnp.stack([edge[:, 1], -edge[:, 0]], axis=-1)


def non_orthogonality(nodes: Nodes) -> tuple[Float[Array, "layer point"], Array]:
    """Angles in radians between the faces' normals and the lines between the cells they part.

    **Returns:** those of the rays, `(layer, point)`, each face before its cell, and those of the
    inner rings, `(layer - 1, point)`.
    """
    centers = cell_centers(nodes)
    rays, between = nodes[1:] - nodes[:-1], centers - jnp.roll(centers, 1, axis=1)
    rings = (jnp.roll(nodes, -1, axis=1) - nodes)[1:-1]
    outward = centers[1:] - centers[:-1]
    return _off_normal(rays, between), _off_normal(rings, outward)


def _off_normal(face: Array, link: Array) -> Array:
    """The angle between `link` and the normal of `face`: their dot product is its sine."""
    return jnp.arctan2(jnp.abs(jnp.sum(face * link, axis=-1)), jnp.abs(_cross(face, link)))
