"""A landscape: a sheet over a rectangle, given by its heights at the nodes of a grid."""

import itertools
import math
from collections.abc import Callable
from typing import Any

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jax import lax

from .._geometry import safe_sqrt
from .._types import Array, Float, Int
from ._obstacles import AbstractObstacles
from ._triangles import Vector, from_triangle, squares_to_halves

_SAMPLES = 3  # of a way that may cross the sheet: ways are shorter than a cell
_FLAT = slice(None, None, 2)  # x and z of a place
# Corners of the two halves of even cells, and of odd ones, as steps along x and z.
_A, _B, _C, _D = (0, 0), (1, 0), (1, 1), (0, 1)
_HALVES = np.array([[[_A, _B, _C], [_A, _C, _D]], [[_A, _B, _D], [_B, _C, _D]]])


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
        return self.facing(points).closest(points)

    def facing(self, points: Float[Array, "node 3"]) -> "Facets":
        own = self._nearest_triangle(lax.stop_gradient(points))
        corners = tuple(self._node(own[:, corner]) for corner in range(3))
        thickness = jnp.broadcast_to(self.thickness, points.shape[:1])
        return Facets(corners=corners, thickness=thickness)

    def by_axis(self, points: Float[Array, "node 3"]) -> tuple[list[Array], Array]:
        delta, distance = self.closest(points)
        return [delta[None, :, axis] for axis in range(3)], distance[None]

    def take(self, index: Int[Array, " node"], row: Callable[..., Array] | None = None) -> Any:
        """The same sheet for every point; only its thickness has rows."""
        own = self.thickness[index] if row is None else row(self.thickness, index)
        return eqx.tree_at(lambda s: s.thickness, self, own)

    def rough(self, axes: list[Float[Array, " _"]]) -> Float[Array, "obstacle x y z"]:
        """From the plane through the sheet above or below; beyond the edges, from these."""
        x, y, z = axes
        flat = jnp.stack(jnp.meshgrid(x, z, indexing="ij"), axis=-1).reshape(-1, 2)
        (a, b, c, d), _ = self._around(flat)
        slope_x = 0.5 * (c - a + d - b) / self.cell[0]
        slope_z = 0.5 * (b - a + d - c) / self.cell[1]
        beyond = flat - jnp.clip(flat, self.lower[None], self.upper[None])
        level, steepness, apart = (
            each.reshape(len(x), 1, len(z))
            for each in (
                self.height(flat),
                1.0 + slope_x**2 + slope_z**2,
                jnp.sum(beyond**2, axis=1),
            )
        )
        return safe_sqrt((y[None, :, None] - level) ** 2 / steepness + apart)[None]

    def height(self, points: Float[Array, "node 2"]) -> Float[Array, " node"]:
        """Height of the core in metres at places `(x, z)`; outside, that of the nearest edge."""
        (a, b, c, d), (base, u, w) = self._around(points)
        # Of a halved square: along the diagonal from a to d, or along that from b to c.
        rising = jnp.where(u > w, a + u * (c - a) + w * (d - c), a + w * (b - a) + u * (d - b))
        low = a + u * (c - a) + w * (b - a)
        high = d + (1 - u) * (b - d) + (1 - w) * (c - d)
        falling = jnp.where(u + w < 1, low, high)
        return jnp.where(base.sum(axis=1) % 2 == 0, rising, falling)

    def _around(self, points: Float[Array, "node 2"]) -> tuple[list[Array], tuple[Array, ...]]:
        """Heights at the corners of each place's cell; the cell, and shares of it along x and z."""
        scaled = (points - self.lower[None]) / self.cell[None]
        scaled = jnp.clip(scaled, 0.0, self._last[None])
        base = self._cells(points, 1)
        u, w = (scaled - base.astype(scaled.dtype)).T
        corners = [
            self.heights[base[:, 0] + i, base[:, 1] + j]
            for i, j in itertools.product((0, 1), repeat=2)
        ]
        return corners, (base, u, w)

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

    def _nearest_triangle(self, points: Float[Array, "node 3"]) -> Int[Array, "node 3 2"]:
        """Nodes at the corners of the nearest of as many cells on each side as are felt."""
        sheet = lax.stop_gradient(self)
        width = np.minimum(2 * self.around + 1, np.asarray(self.heights.shape) - 1)
        first = self._cells(points[:, _FLAT], width)
        # Points come last: nodes of a patch are few, and long rows are what a CPU is fast at.
        x, z = (
            first[None, :, axis] + jnp.arange(width[axis] + 1, dtype=jnp.int32)[:, None]
            for axis in (0, 1)
        )
        patch = sheet._node(jnp.stack(jnp.broadcast_arrays(x[:, None], z[None]), axis=-1))
        odd = (x[:-1, None] + z[None, :-1]) % 2 == 1
        px, py, pz = points.T[:, None, None]
        halves = squares_to_halves((px, py, pz), patch, odd)
        apart = jnp.concatenate([each.reshape(-1, points.shape[0]) for each in halves])
        nearest = apart.min(axis=0, keepdims=True)
        numbers = jnp.arange(len(apart), dtype=jnp.int32)[:, None]
        # The first of the nearest: `argmin` takes three times as long.
        index = jnp.where(apart == nearest, numbers, len(apart) - 1).min(axis=0)
        half, cell = jnp.divmod(index, len(apart) // 2)
        base = first + jnp.stack(jnp.divmod(cell, jnp.int32(width[1])), axis=1)
        kind = 2 * (base.sum(axis=1, dtype=jnp.int32) % 2) + half
        return base[:, None] + jnp.asarray(_HALVES.reshape(4, 3, 2), jnp.int32)[kind]

    def _node(self, index: Int[Array, "*batch 2"]) -> Vector:
        """The places of nodes in metres, one array an axis: far faster than one array of rows."""
        x, z = index[..., 0], index[..., 1]
        cell, dtype = self.cell, self.heights.dtype
        return (
            self.lower[0] + x.astype(dtype) * cell[0],
            self.heights[x, z],
            self.lower[1] + z.astype(dtype) * cell[1],
        )

    def _cells(self, flat: Float[Array, "node 2"], width: Any) -> Int[Array, "node 2"]:
        """First of `width` cells about each place `(x, z)`, all of them within the sheet."""
        number = jnp.asarray(np.asarray(self.heights.shape) - 1 - width, jnp.int32)
        own = jnp.floor(lax.stop_gradient((flat - self.lower[None]) / self.cell[None]))
        start = own.astype(jnp.int32) - jnp.asarray(np.broadcast_to(width, 2) // 2, jnp.int32)[None]
        return jnp.clip(start, 0, number[None])


class Facets(AbstractObstacles):
    """A triangle for each point, of a sheet of which it is the nearest.

    **Arguments:** `corners`: three places in metres, one array an axis; `thickness`: of the sheet.
    """

    corners: tuple[Vector, ...]
    thickness: Float[Array, " obstacle"]

    @property
    def is_folded(self) -> bool:
        return True

    def closest(self, points: Float[Array, "node 3"]) -> tuple[Array, Array]:
        x, y, z = points.T
        delta, distance = from_triangle((x, y, z), self.corners)
        return jnp.stack(delta, axis=1), distance
