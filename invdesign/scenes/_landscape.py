"""A landscape: a sheet over a rectangle, given by its heights at the nodes of a grid."""

import itertools
import math
from collections.abc import Callable
from typing import Any

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jax import lax

from .._geometry import safe_norm
from .._types import Array, Float, Int
from ._obstacles import AbstractObstacles

_SAMPLES = 3  # of a way that may cross the sheet: ways are shorter than a cell
_FLAT = np.array([0, 2])
_SQUARE = np.array([[0, 0], [1, 0], [1, 1], [0, 1]])
# Corners of the halves of even cells, and of odd ones.
_HALVES = np.array([[[0, 1, 2], [0, 2, 3]], [[0, 1, 3], [1, 2, 3]]])


class Landscape(AbstractObstacles):
    """Heights over a rectangle as a sheet of two triangles a cell; one body, in space.

    The second axis is up. Cells are halved along one diagonal and the next along the other, as
    squares of a chessboard alternate, so that a grid with an even number of cells a side is
    mirrored and turned into itself. The sheet has two sides and a rim: water leaves at its edge
    and falls free.

    Closest points are exact up to `reach` from the core. Farther off the distance is that to some
    point of the sheet, so at least as long; never shorter than `reach`.

    **Arguments:**

    - `heights`: of the core in metres at equally spaced nodes, `(x, z)`, at least 2 by 2.
    - `lower`, `upper`: corners of the rectangle in metres, `(2,)`: x and z.
    - `thickness`: distance of the surfaces from the core in metres, `(1,)`.
    - `reach`: in metres; a cell or less is cheapest.

    **Raises:** `ValueError` for other shapes, or an empty rectangle.
    """

    heights: Float[Array, "x z"]
    lower: Float[Array, " 2"]
    upper: Float[Array, " 2"]
    thickness: Float[Array, " obstacle"]
    reach: float = eqx.field(static=True)
    around: int = eqx.field(static=True)

    def __init__(
        self, heights: Any, lower: Any, upper: Any, thickness: Any, *, reach: float | None = None
    ):
        heights = jnp.asarray(heights)
        corners = np.asarray(lower, float), np.asarray(upper, float)
        if heights.ndim != 2 or min(heights.shape) < 2:
            raise ValueError(
                f"`Landscape` needs heights of at least 2 by 2 nodes, got shape {heights.shape}."
            )
        if not all(x.shape == (2,) for x in corners) or not (corners[0] < corners[1]).all():
            raise ValueError(
                f"`Landscape` needs lower < upper along x and z, got {corners[0]}, {corners[1]}."
            )
        cells = (corners[1] - corners[0]) / (np.asarray(heights.shape) - 1)
        self.heights = heights
        self.lower, self.upper = (jnp.asarray(x, heights.dtype) for x in corners)
        self.thickness = jnp.atleast_1d(jnp.asarray(thickness, heights.dtype))
        self.reach = float(cells.min()) if reach is None else float(reach)
        self.around = math.ceil(self.reach / cells.min() - 1e-6)

    @property
    def cell(self) -> Float[Array, " 2"]:
        """Sides of a cell in metres, along x and z."""
        return (self.upper - self.lower) / self._last

    @property
    def _last(self) -> Float[Array, " 2"]:
        """Index of the last node along x and z, as a length in cells."""
        return jnp.asarray(np.asarray(self.heights.shape) - 1, self.heights.dtype)

    @property
    def is_folded(self) -> bool:
        return True

    def closest(self, points: Float[Array, "node 3"]) -> tuple[Array, Array]:
        near = self._triangles(points)
        held, here = lax.stop_gradient((near, points))
        _, distances = _from_triangle(jnp.broadcast_to(here[:, None], held.shape[:3]), held)
        index = jnp.argmin(distances, axis=1)
        own = jnp.take_along_axis(near, index[:, None, None, None], axis=1)[:, 0]
        return _from_triangle(points, own)

    def by_axis(self, points: Float[Array, "node 3"]) -> tuple[list[Array], Array]:
        delta, distance = self.closest(points)
        return [delta[None, :, axis] for axis in range(3)], distance[None]

    def take(self, index: Int[Array, " node"], row: Callable[..., Array] | None = None) -> Any:
        """The same sheet for every point; only its thickness has rows."""
        own = self.thickness[index] if row is None else row(self.thickness, index)
        return eqx.tree_at(lambda s: s.thickness, self, own)

    def height(self, points: Float[Array, "node 2"]) -> Float[Array, " node"]:
        """Height of the core in metres at places `(x, z)`; outside, that of the nearest edge."""
        scaled = (points - self.lower[None]) / self.cell[None]
        scaled = jnp.clip(scaled, 0.0, self._last[None])
        base = self._cells(points, 1)
        u, w = (scaled - base.astype(scaled.dtype)).T
        a, b, c, d = (
            self.heights[base[:, 0] + i, base[:, 1] + j]
            for i, j in itertools.product((0, 1), repeat=2)
        )
        # Of a halved square: along the diagonal from a to d, or along that from b to c.
        rising = jnp.where(u > w, a + u * (c - a) + w * (d - c), a + w * (b - a) + u * (d - b))
        low = a + u * (c - a) + w * (b - a)
        high = d + (1 - u) * (b - d) + (1 - w) * (c - d)
        falling = jnp.where(u + w < 1, low, high)
        return jnp.where(base.sum(axis=1) % 2 == 0, rising, falling)

    def approach(
        self, points: Float[Array, "node 3"], way: Float[Array, "node 3"]
    ) -> tuple[Array, Array]:
        """When a straight way first leads from one side of the sheet to the other.

        Of ways longer than a cell, two crossings in a third of the way are overlooked.
        """
        times = jnp.linspace(0.0, 1.0, _SAMPLES + 1, dtype=points.dtype)
        places = points[None] + times[:, None, None] * way[None]
        flat = places[..., _FLAT].reshape(-1, 2)
        above = places[..., 1] - self.height(flat).reshape(places.shape[:2])
        outside = (flat < self.lower[None]) | (flat > self.upper[None])
        outside = outside.any(axis=1).reshape(places.shape[:2])
        before, after = above[:-1], above[1:]
        crosses = (before * after < 0) & ~(outside[:-1] & outside[1:])
        share = before / jnp.where(crosses, before - after, 1.0)
        when = jnp.where(crosses, times[:-1, None] + share / _SAMPLES, jnp.inf).min(axis=0)
        distance = jnp.where(jnp.isfinite(when), 0.0, jnp.inf)
        return jnp.where(jnp.isfinite(when), when, 1.0)[None], distance[None]

    def _triangles(self, points: Float[Array, "node 3"]) -> Float[Array, "node triangle 3 3"]:
        """Corners of the triangles around each point, as many cells on each side as are felt."""
        width = np.minimum(2 * self.around + 1, np.asarray(self.heights.shape) - 1)
        first = self._cells(points[:, _FLAT], width)
        steps = np.stack(np.meshgrid(*[np.arange(n) for n in width], indexing="ij"), axis=-1)
        cells = first[:, None] + jnp.asarray(steps.reshape(1, -1, 2), jnp.int32)
        corners = cells[:, :, None] + jnp.asarray(_SQUARE, jnp.int32)[None, None]
        level = self.heights[corners[..., 0], corners[..., 1]]
        place = _wide(self.lower, 4) + corners.astype(level.dtype) * _wide(self.cell, 4)
        corners = jnp.stack([place[..., 0], level, place[..., 1]], axis=-1)
        odd = (cells.sum(axis=-1) % 2 == 1)[:, :, None, None, None]
        split = jnp.where(odd, corners[:, :, _HALVES[1]], corners[:, :, _HALVES[0]])
        return split.reshape(points.shape[0], -1, 3, 3)

    def _cells(self, flat: Float[Array, "node 2"], width: Any) -> Int[Array, "node 2"]:
        """First of `width` cells about each place `(x, z)`, all of them within the sheet."""
        number = jnp.asarray(np.asarray(self.heights.shape) - 1 - width, jnp.int32)
        own = jnp.floor(lax.stop_gradient((flat - self.lower[None]) / self.cell[None]))
        start = own.astype(jnp.int32) - jnp.asarray(np.broadcast_to(width, 2) // 2, jnp.int32)[None]
        return jnp.clip(start, 0, number[None])


def _wide(vector: Float[Array, " 2"], rank: int) -> Array:
    return vector.reshape(*[1] * (rank - 1), 2)


def _dot(first: Array, second: Array) -> Array:
    return jnp.sum(first * second, axis=-1)


def _from_triangle(
    points: Float[Array, "*batch 3"], corners: Float[Array, "*batch 3 3"]
) -> tuple[Float[Array, "*batch 3"], Float[Array, "*batch"]]:
    """Vector from the closest point of a triangle to a point, and its length.

    That is on the plane if the foot of the perpendicular lies within, and otherwise on the nearest
    of the three sides.

    Source: Ericson (2005), Real-time collision detection, section 5.1.5.
    """
    deltas = []
    for start, end in ((0, 1), (1, 2), (2, 0)):
        offset, side = (
            points - corners[..., start, :],
            corners[..., end, :] - corners[..., start, :],
        )
        share = jnp.clip(_dot(offset, side) / jnp.maximum(_dot(side, side), 1e-24), 0.0, 1.0)
        deltas.append(offset - share[..., None] * side)
    squares = jnp.stack([_dot(d, d) for d in deltas])
    nearest = jnp.argmin(squares, axis=0)[..., None]
    rim = jnp.where(nearest == 0, deltas[0], jnp.where(nearest == 1, deltas[1], deltas[2]))
    normal = jnp.cross(
        corners[..., 1, :] - corners[..., 0, :], corners[..., 2, :] - corners[..., 0, :]
    )
    normal = normal / jnp.maximum(safe_norm(normal), 1e-24)[..., None]
    inside = jnp.ones(points.shape[:-1], bool)
    for start, end in ((0, 1), (1, 2), (2, 0)):
        side = corners[..., end, :] - corners[..., start, :]
        inside &= _dot(jnp.cross(side, points - corners[..., start, :]), normal) >= 0
    height = _dot(points - corners[..., 0, :], normal)
    delta = jnp.where(inside[..., None], height[..., None] * normal, rim)
    return delta, safe_norm(delta)
