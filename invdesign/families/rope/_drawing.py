"""Ropes as pictures: links and nodes, what is in their way, and the shape that is wanted."""

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from ...viz._animation import even_frames, gif, picture
from ...viz._style import (
    CYCLE,
    FAINT,
    GOAL_EDGE,
    INK,
    MUTED,
    OBSTACLE,
    headline,
    new_figure,
    plain_legend,
    style_curves,
)

_MARGIN = 0.08  # metres around what is drawn
_SHADE = 160  # points along an axis at which obstacles are looked for
Runs = Sequence[tuple[str, np.ndarray]]


@dataclasses.dataclass(frozen=True)
class Stage:
    """What of a scene does not move.

    **Arguments:** `target`: nodes of the shape that is wanted, `(node, 2)`, or `None`; `solid`:
    tells which of some points, `(point, 2)`, are inside of an obstacle, or `None`.
    """

    target: np.ndarray | None = None
    solid: Any = None

    def limits(self, runs: Runs) -> np.ndarray:
        """Corners of a square around all frames, `(2, 2)`."""
        points = np.concatenate([np.reshape(frames, (-1, 2)) for _, frames in runs])
        points = points[np.isfinite(points).all(axis=1)]
        if self.target is not None:
            points = np.concatenate([points, self.target])
        middle = 0.5 * (points.min(axis=0) + points.max(axis=0))
        half = 0.5 * np.ptp(points, axis=0).max() + _MARGIN
        return np.stack([middle - half, middle + half])


def draw_rope(axes: Axes, stage: Stage, position: np.ndarray, limits: np.ndarray) -> None:
    """One frame; the held end is a square."""
    if stage.solid is not None:
        ticks = [np.linspace(low, high, _SHADE) for low, high in limits.T]
        points = np.stack(np.meshgrid(*ticks), axis=-1)
        inside = np.asarray(stage.solid(points.reshape(-1, 2))).reshape(points.shape[:2])
        axes.contourf(*ticks, inside.astype(float), levels=[0.5, 1.5], colors=[OBSTACLE])
    if stage.target is not None:
        axes.plot(*stage.target.T, color=GOAL_EDGE, linewidth=5, alpha=0.5, zorder=1)
    axes.plot(*position.T, "-o", color=CYCLE[0], linewidth=1.2, markersize=2.6)
    axes.plot(*position[0], "s", color=INK, markersize=4)
    axes.set(xlim=limits[:, 0], ylim=limits[:, 1], aspect="equal", xticks=[], yticks=[])
    for spine in axes.spines.values():
        spine.set_color(FAINT)


def moments_figure(
    stage: Stage, runs: Runs, *, dt: float, title: str, subtitle: str = ""
) -> Figure:
    """A row of moments for each of some trajectories, `(time, node, 2)`, the first frame first."""
    length = min(len(frames) for _, frames in runs)
    moments = np.unique(np.linspace(0, length - 1, 6).round().astype(int))
    side, limits = 2.2, stage.limits(runs)
    wide, tall = len(moments) * side + 0.35, len(runs) * side + 0.95
    figure = new_figure(wide, tall)
    grid = figure.add_gridspec(
        len(runs), len(moments), left=0.35 / wide, right=1 - 0.08 / wide, bottom=0.08 / tall,
        top=1 - 0.95 / tall, wspace=0.04, hspace=0.04,
    )  # fmt: skip
    for row, (name, frames) in enumerate(runs):
        for column, time in enumerate(moments):
            axes = figure.add_subplot(grid[row, column])
            draw_rope(axes, stage, frames[time], limits)
            if row == 0:
                axes.set_title(f"{time * dt:.2f} s", size=9.5, color=MUTED)
            if column == 0:
                axes.set_ylabel(name, size=10, color=INK, weight="bold")
    headline(figure, title, subtitle)
    return figure


def run_figure(
    stage: Stage, runs: Runs, history: Mapping[str, np.ndarray], *, title: str, subtitle: str
) -> Figure:
    """The last frames of a run's simulations side by side, and its search."""
    figure = new_figure(3.1 * (len(runs) + 1) + 0.8, 4.2)
    grid = figure.add_gridspec(
        1, len(runs) + 1, left=0.02, right=0.98, top=0.74, bottom=0.13, wspace=0.16
    )
    limits = stage.limits([(name, frames[-1:]) for name, frames in runs])
    for index, (name, frames) in enumerate(runs):
        axes = figure.add_subplot(grid[0, index])
        draw_rope(axes, stage, frames[-1], limits)
        axes.set_title(name, size=9.5, color=INK)
    axes = figure.add_subplot(grid[0, len(runs)])
    for index, name in enumerate(("best_value", "score")):
        axes.plot(
            history["iteration"], history[name], color=CYCLE[index], label=name.replace("_", " ")
        )
    style_curves(axes, title="Search", xlabel="iteration")
    plain_legend(axes)
    headline(figure, title, subtitle)
    return figure


def rope_animation(stage: Stage, runs: Runs, *, dt: float, max_frames: int = 60) -> bytes:
    """A GIF of trajectories side by side, on one clock."""
    side, limits = max(3.0, 6.4 / len(runs)), stage.limits(runs)
    figure = new_figure(side * len(runs), side + 0.3)
    canvas = FigureCanvasAgg(figure)
    length = min(len(frames) for _, frames in runs)
    pictures = []
    for time in even_frames(length, max_frames):
        figure.clear()
        for index, (name, frames) in enumerate(runs):
            axes = figure.add_axes(
                ((index + 0.02) / len(runs), 0.02, 0.96 / len(runs), side / (side + 0.3) - 0.04)
            )
            draw_rope(axes, stage, frames[time], limits)
            axes.set_title(name, loc="left", size=9.5, color=INK)
            axes.set_title(f"{time * dt:.2f} s", loc="right", size=9.5, color=MUTED)
        pictures.append(picture(canvas))
    return gif(pictures, 0.05)
