"""Pieces of figures of flows around sections: surface pressure, wall shear, fields, outlines."""

from typing import Any

import jax.numpy as jnp
import numpy as np
from matplotlib.axes import Axes
from matplotlib.contour import QuadContourSet

from ...grids._measures import cell_centers, wall_normals
from ...scenes import SectionFlow
from ...viz._style import CYCLE, INK, MUTED, PAPER

REFERENCE = {"color": INK, "linewidth": 2.6, "alpha": 0.35}
LEARNED = {"color": CYCLE[0], "linewidth": 1.4}
_WINDOW = (-0.35, 1.45, -0.6, 0.6)  # what of the plane is of interest, in chords
_LEVELS = 24


def _walls(flow: SectionFlow) -> tuple[np.ndarray, np.ndarray, float]:
    """Middles of the surface's edges, which of them are no base, and the dynamic pressure."""
    surface = np.asarray(flow.nodes[0])
    middle = 0.5 * (surface + np.roll(surface, -1, axis=0))
    # The base stands upright where the chord ends.
    sides = middle[:, 0] < surface[:, 0].max() - 1e-5
    return middle, sides, 0.5 * float(np.sum(np.asarray(flow.stream) ** 2))


def pressure_coefficient(flow: SectionFlow) -> tuple[np.ndarray, np.ndarray]:
    """Positions along the chord and pressure coefficients of the surface, `(edge,)` each.

    From the upper trailing edge over the nose to the lower one; without the base.
    """
    middle, sides, dynamic = _walls(flow)
    return middle[sides, 0], np.asarray(flow.pressure[0])[sides] / dynamic


def friction_coefficient(flow: SectionFlow) -> tuple[np.ndarray, np.ndarray]:
    """Positions and friction coefficients, as `pressure_coefficient`; positive downstream."""
    middle, sides, dynamic = _walls(flow)
    normal = np.asarray(wall_normals(jnp.asarray(flow.nodes)))
    along = np.stack([-normal[:, 1], normal[:, 0]], axis=1)
    along *= np.where(along[:, :1] < 0, -1, 1) / np.linalg.norm(along, axis=1, keepdims=True)
    stress = np.sum(np.asarray(flow.shear) * along, axis=1)
    return middle[sides, 0], stress[sides] / dynamic


def draw_pressure(axes: Axes, flow: SectionFlow, **style: Any) -> None:
    """The pressure coefficient along the chord, suction upwards."""
    axes.plot(*pressure_coefficient(flow), **style)
    if not axes.yaxis_inverted():
        axes.invert_yaxis()


def draw_shear(axes: Axes, flow: SectionFlow, **style: Any) -> None:
    """The friction coefficient along the chord."""
    axes.plot(*friction_coefficient(flow), **style)


def draw_section(axes: Axes, flow: SectionFlow, *, color: str = MUTED, **style: Any) -> None:
    """The section itself, filled, in its true proportions."""
    surface = np.asarray(flow.nodes[0])
    axes.fill(*surface.T, facecolor=color, edgecolor=color, linewidth=0.6, **style)
    axes.set_aspect("equal")


def draw_field(
    axes: Axes,
    flow: SectionFlow,
    values: np.ndarray,
    *,
    bounds: tuple[float, float],
    cmap: str = "viridis",
    window: tuple[float, float, float, float] = _WINDOW,
) -> QuadContourSet:
    """Filled contours of a number a cell around the section, `(layer, point)`.

    **Arguments:** `bounds`: of the colors; what lies beyond is drawn as they are. `window`: lowest
    and highest x, then y, in chords.

    **Returns:** the contours, to put a color bar to.
    """
    centers = np.asarray(cell_centers(jnp.asarray(flow.nodes)))
    middle = 0.5 * (flow.nodes[0] + np.roll(np.asarray(flow.nodes[0]), -1, axis=0))
    # From the wall on, where cells have their centers only a little above it, and once around.
    places = _closed(np.concatenate([middle[None], centers]))
    values = _closed(np.concatenate([np.asarray(values)[:1], np.asarray(values)]))
    drawn = axes.contourf(
        places[..., 0],
        places[..., 1],
        values,
        levels=np.linspace(*bounds, _LEVELS + 1),
        cmap=cmap,
        extend="both",
    )
    draw_section(axes, flow, color=PAPER, zorder=3)
    axes.plot(*_closed(np.asarray(flow.nodes[0])[None])[0].T, color=INK, linewidth=0.8, zorder=4)
    axes.set(xlim=window[:2], ylim=window[2:], xticks=[], yticks=[])
    for spine in axes.spines.values():
        spine.set_visible(False)
    return drawn


def _closed(rows: np.ndarray) -> np.ndarray:
    return np.concatenate([rows, rows[:, :1]], axis=1)
