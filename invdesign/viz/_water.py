"""Water in a scene: its surface, a contour of density, with the particles on it."""

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import EllipseCollection
from matplotlib.colors import to_rgba_array
from matplotlib.patches import PathPatch
from matplotlib.path import Path as Curve
from scipy.ndimage import gaussian_filter

from ._goals import goals, inside
from ._style import SURFACE, SURFACE_OUTSIDE, WATER, WATER_OUTSIDE

_DOT = 0.55  # diameter of a particle over the spacing
_FINE = 2.5  # cells of the density's grid a spacing
_BLUR = 0.85  # of the spacing, standard deviation
_LEVEL = 0.4  # of the density of water at rest, where its surface is
_MOST = 800  # cells of the grid along an axis


class Water:
    """Particles and the surface around them, on axes; `move` shows another moment.

    Where particles are as dense as water at rest is, less 60%, there is water: the area of that
    contour is filled, in a stronger tone in the goal. Spray has no surface, only its particles.

    **Arguments:** `position`: `(node, 2)` in metres; `lower`, `upper`: corners of the box;
    `region`: of the goal, as a `Scenery` has it; `spacing`: of particles at rest in metres.
    """

    def __init__(
        self,
        axes: Axes,
        position: np.ndarray,
        lower: np.ndarray,
        upper: np.ndarray,
        region: np.ndarray | None,
        spacing: float,
    ):
        self.axes, self.region, self.spacing = axes, region, spacing
        size = np.asarray(upper, float) - np.asarray(lower, float)
        cells = np.clip(np.ceil(_FINE * size / spacing), 2, _MOST).astype(int)
        self.edges = [
            np.linspace(low, high, n + 1) for low, high, n in zip(lower, upper, cells, strict=True)
        ]
        diameter = np.full(len(position), _DOT * spacing)
        self.dots = EllipseCollection(
            diameter,
            diameter,
            np.zeros(len(position)),
            units="xy",
            offsets=position,
            offset_transform=axes.transData,
            edgecolors="none",
            zorder=2.2,
        )
        axes.add_collection(self.dots)
        self.surfaces: list[Any] = []
        self.move(position)

    def move(self, position: np.ndarray) -> None:
        """Show the particles at other places, `(node, 2)`."""
        self.dots.set_offsets(position)
        self.dots.set_facecolor(list(water_colors(position, self.region)))
        for surface in self.surfaces:
            surface.remove()
        self.surfaces = self._surfaces(np.asarray(position, float))

    def _surfaces(self, position: np.ndarray) -> list[Any]:
        density = self._density(position)
        if not density.max() > _LEVEL:
            return []
        middles = [0.5 * (edge[1:] + edge[:-1]) for edge in self.edges]
        # To the box's walls, which the middles of cells do not reach.
        x, y = ((edge[0], *middle[1:-1], edge[-1])
                for edge, middle in zip(self.edges, middles, strict=True))  # fmt: skip

        def filled(color: str, order: float) -> Any:
            levels = [_LEVEL, max(1e3, 2 * float(density.max()))]
            return self.axes.contourf(x, y, density.T, levels, colors=[color], zorder=order)

        if self.region is None:
            return [filled(SURFACE, 1.5)]
        inner = filled(SURFACE, 1.6)
        corners = [_rectangle(*box) for box in goals(self.region)]
        curve = Curve.make_compound_path(*corners)
        inner.set_clip_path(PathPatch(curve, transform=self.axes.transData))
        return [filled(SURFACE_OUTSIDE, 1.5), inner]

    def _density(self, position: np.ndarray) -> np.ndarray:
        """Over that of water at rest, `(x, y)`; what a wall cuts off is mirrored at it."""
        known = position[np.isfinite(position).all(axis=1)]
        counts, _, _ = np.histogram2d(*known.T, bins=self.edges)
        cell = [edge[1] - edge[0] for edge in self.edges]
        blur = [_BLUR * self.spacing / side for side in cell]
        return gaussian_filter(counts, blur, mode="reflect") * self.spacing**2 / np.prod(cell)


def water_colors(position: np.ndarray, region: np.ndarray | None) -> np.ndarray:
    """A color for each particle, `(node, 4)`: strong in the goal, pale outside."""
    strong, pale = to_rgba_array([WATER, WATER_OUTSIDE])
    return np.where(inside(position, region)[:, None], strong[None], pale[None])


def _rectangle(lower: np.ndarray, upper: np.ndarray) -> Curve:
    (left, low), (right, high) = lower, upper
    corners = [(left, low), (right, low), (right, high), (left, high), (left, low)]
    return Curve(corners, closed=True)
