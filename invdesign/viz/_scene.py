"""A plane scene: water, tool, obstacles and goal, all in their true size."""

import dataclasses

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import PathPatch, Rectangle
from matplotlib.path import Path as Curve

from ..io._outline import rings, tool_outline
from ..io._trajectory_file import StoredTrajectory
from ._goals import goals
from ._style import GOAL_EDGE, GOAL_FILL, INK, MUTED, OBSTACLE
from ._water import Water

_BAR = 0.25  # of the box's width, at most


@dataclasses.dataclass(frozen=True)
class Scenery:
    """What a scene shows besides water and tool; meters.

    **Arguments:**

    - `lower`, `upper`: corners of the box, `(2,)`.
    - `region`: lower and upper corner of the goal, `(2, 2)`, or of several one after the other,
      `(corner, 2)`; or `None`.
    - `obstacles`: end points `(segment, 2, 2)` and half thickness `(segment,)`, or `None`.
    - `spacing`: distance of neighboring particles.
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


def draw_scene(
    axes: Axes,
    scenery: Scenery,
    *,
    position: np.ndarray | None = None,
    tool: tuple[np.ndarray, np.ndarray] | None = None,
    ghost: tuple[np.ndarray, np.ndarray] | None = None,
    title: str = "",
    note: str = "",
    time: float | None = None,
    bar: bool = True,
) -> Water | None:
    """Draw one moment of a scene.

    **Arguments:**

    - `axes`: empty axes.
    - `scenery`: box, goal and obstacles.
    - `position`: particles in meters, `(node, 2)`; those in the goal are drawn stronger.
    - `tool`: segments and half thickness in meters.
    - `ghost`: another tool to compare with, as a dotted outline.
    - `title`: above the box.
    - `note`, `time` (in seconds): below the box on the right.
    - `bar`: whether a bar below the box on the left shows the scale.

    **Returns:** the water, so that an animation can move it.
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
    axes.set(xlim=(low[0], high[0]), ylim=(low[1], high[1]), xticks=[], yticks=[], aspect="equal")
    for spine in axes.spines.values():
        spine.set(color=MUTED, linewidth=1.0)
    axes.set_title(title, size=10.5, color=INK, loc="left", weight="bold")
    if bar:
        _draw_bar(axes, float(high[0] - low[0]))
    stamp(axes, time, note)
    if position is None:
        return None
    return Water(axes, position, scenery.lower, scenery.upper, scenery.region, scenery.spacing)


def stamp(axes: Axes, time: float | None, note: str = "") -> None:
    """Write a note and a time in seconds below a box on the right."""
    said = ([note] if note else []) + ([f"{time:.2f} s"] if time is not None else [])
    axes.set_xlabel("  ·  ".join(said), size=9, color=MUTED, loc="right", labelpad=3)


def _draw_bar(axes: Axes, width: float) -> None:
    """A bar of a round length below the box, with its length beside it."""
    unit = 10.0 ** np.floor(np.log10(_BAR * width))
    length = max(n * unit for n in (1, 2, 5) if n * unit <= _BAR * width * 1.001)
    share, y = length / width, -0.032
    look = {"transform": axes.transAxes, "color": MUTED, "clip_on": False}
    axes.plot([0.0, share], [y, y], linewidth=2.2, solid_capstyle="butt", **look)
    said = f"{length:g} m" if length >= 1 else f"{100 * length:g} cm"
    axes.text(share + 0.02, y, said, size=9, va="center_baseline", **look)


def _draw_goal(axes: Axes, region: np.ndarray) -> None:
    corner, size = region[0], region[1] - region[0]
    axes.add_patch(Rectangle(corner, *size, facecolor=GOAL_FILL, edgecolor="none", zorder=0.5))
    # Above the water, so that the goal stays visible when it is full, and under the tool.
    axes.add_patch(
        Rectangle(
            corner,
            *size,
            facecolor="none",
            edgecolor=GOAL_EDGE,
            linewidth=1.4,
            linestyle=(0, (4, 2.5)),
            zorder=2.7,
        )
    )
