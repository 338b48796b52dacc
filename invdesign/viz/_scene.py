"""A plane scene: water, tool, obstacles and goal, all in their true size."""

import dataclasses

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import EllipseCollection
from matplotlib.colors import to_rgba_array
from matplotlib.patches import PathPatch, Rectangle
from matplotlib.path import Path as Curve

from ..io._outline import rings, tool_outline
from ..io._trajectory_file import StoredTrajectory
from ._style import (
    GOAL_EDGE,
    GOAL_FILL,
    INK,
    MUTED,
    OBSTACLE,
    WATER,
    WATER_OUTSIDE,
)

# Neighboring discs touch in moving water, too, which is never packed like the lattice it came from.
_OVERLAP = 1.2


@dataclasses.dataclass(frozen=True)
class Scenery:
    """What a scene shows besides water and tool; meters.

    **Arguments:**

    - `lower`, `upper`: corners of the box, `(2,)`.
    - `region`: lower and upper corner of the goal, `(2, 2)`, or of several one after the other,
      `(corner, 2)`; or `None`.
    - `obstacles`: end points `(segment, 2, 2)` and half thickness `(segment,)`, or `None`.
    - `spacing`: distance of neighboring particles, drawn as the diameter of their discs.
    """

    lower: np.ndarray = dataclasses.field(default_factory=lambda: np.zeros(2))
    upper: np.ndarray = dataclasses.field(default_factory=lambda: np.ones(2))
    region: np.ndarray | None = None
    obstacles: tuple[np.ndarray, np.ndarray] | None = None
    spacing: float = 1 / 80


def scenery_of(trajectory: StoredTrajectory) -> Scenery:
    """The scenery of a stored trajectory."""
    return Scenery(
        lower=np.asarray(trajectory.lower),
        upper=np.asarray(trajectory.upper),
        region=None if trajectory.region is None else np.asarray(trajectory.region),
        obstacles=(
            np.asarray(trajectory.obstacle_segments),
            np.asarray(trajectory.obstacle_radius),
        ),
        spacing=trajectory.spacing,
    )


def goals(region: np.ndarray) -> np.ndarray:
    """Lower and upper corner of every box of the goal, `(box, 2, 2)`."""
    return np.asarray(region).reshape(-1, 2, 2)


def inside(position: np.ndarray, region: np.ndarray | None) -> np.ndarray:
    """Which particles `(node, 2)` are in the goal; all of them where there is none."""
    if region is None:
        return np.ones(len(position), bool)
    boxes = goals(region)
    above, below = position[:, None] >= boxes[:, 0], position[:, None] <= boxes[:, 1]
    return np.any((above & below).all(axis=-1), axis=-1)


def water_colors(position: np.ndarray, region: np.ndarray | None) -> np.ndarray:
    """A color for each particle, `(node, 4)`: strong in the goal, pale outside."""
    strong, pale = to_rgba_array([WATER, WATER_OUTSIDE])
    return np.where(inside(position, region)[:, None], strong[None], pale[None])


def draw_capsules(
    axes: Axes,
    segments: np.ndarray,
    segment_radius: np.ndarray,
    *,
    color: str,
    filled: bool = True,
) -> None:
    """The union of capsules in true thickness, filled or as a dotted outline."""
    if len(segments) == 0:
        return
    closed = [np.concatenate([c, c[:1]]) for c in rings(tool_outline(segments, segment_radius))]
    curve = Curve.make_compound_path(*[Curve(c, closed=True) for c in closed])
    look = {"facecolor": color, "edgecolor": "none", "zorder": 3.0}
    if not filled:
        look = {
            "facecolor": "none",
            "edgecolor": color,
            "linewidth": 0.9,
            "linestyle": (0, (1.5, 1.5)),
            "zorder": 2.5,
        }
    axes.add_patch(PathPatch(curve, **look))


def draw_water(axes: Axes, position: np.ndarray, scenery: Scenery) -> EllipseCollection:
    """Particles `(node, 2)` as discs about as wide as their spacing; returned to be moved."""
    size = np.full(len(position), _OVERLAP * scenery.spacing)
    discs = EllipseCollection(
        size,
        size,
        np.zeros(len(position)),
        units="xy",
        offsets=position,
        offset_transform=axes.transData,
        facecolors=water_colors(position, scenery.region),
        edgecolors="none",
        zorder=2,
    )
    axes.add_collection(discs)
    return discs


def draw_scene(
    axes: Axes,
    scenery: Scenery,
    *,
    position: np.ndarray | None = None,
    tool: tuple[np.ndarray, np.ndarray] | None = None,
    ghost: tuple[np.ndarray, np.ndarray] | None = None,
    title: str = "",
    note: str = "",
) -> EllipseCollection | None:
    """Draw one moment of a scene.

    **Arguments:**

    - `axes`: empty axes.
    - `scenery`: box, goal and obstacles.
    - `position`: particles in meters, `(node, 2)`; those in the goal are drawn stronger.
    - `tool`: segments and half thickness in meters.
    - `ghost`: another tool to compare with, as a dotted outline.
    - `title`, `note`: above the box, left and right.

    **Returns:** the water's discs, so that an animation can move them.
    """
    low, high = scenery.lower, scenery.upper
    if scenery.region is not None:
        for box in goals(scenery.region):
            _draw_goal(axes, box)
    if scenery.obstacles is not None:
        draw_capsules(axes, *scenery.obstacles, color=OBSTACLE)
    if ghost is not None:
        draw_capsules(axes, *ghost, color=MUTED, filled=False)
    if tool is not None:
        draw_capsules(axes, *tool, color=INK)
    discs = None if position is None else draw_water(axes, position, scenery)
    axes.set(xlim=(low[0], high[0]), ylim=(low[1], high[1]), xticks=[], yticks=[], aspect="equal")
    for spine in axes.spines.values():
        spine.set(color=MUTED, linewidth=1.0)
    axes.set_title(title, size=10.5, color=INK, loc="left", weight="bold")
    axes.set_title(note, size=9.5, color=MUTED, loc="right")
    return discs


def _draw_goal(axes: Axes, region: np.ndarray) -> None:
    corner, size = region[0], region[1] - region[0]
    axes.add_patch(Rectangle(corner, *size, facecolor=GOAL_FILL, edgecolor="none", zorder=0.5))
    # Above the water, so that the goal stays visible when it is full.
    axes.add_patch(
        Rectangle(
            corner,
            *size,
            facecolor="none",
            edgecolor=GOAL_EDGE,
            linewidth=1.4,
            linestyle=(0, (4, 2.5)),
            zorder=4,
        )
    )
