"""Strips as pictures: their springs, what holds or drives them, and where their tip should be."""

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from ...scenes import NodeKind
from ...viz._animation import even_frames, gif, picture
from ...viz._style import (
    CYCLE,
    FAINT,
    GOAL_EDGE,
    GOAL_FILL,
    INK,
    MUTED,
    OBSTACLE,
    headline,
    new_figure,
    plain_legend,
    style_curves,
)

_MARGIN = 0.06  # metres around what is drawn
Runs = Sequence[tuple[str, np.ndarray]]


@dataclasses.dataclass(frozen=True)
class Mesh:
    """What of a scene does not move: pairs and kinds of nodes, and the goal's box or `None`."""

    edges: np.ndarray
    kind: np.ndarray
    region: np.ndarray | None = None

    def limits(self, runs: Runs) -> np.ndarray:
        """Corners of a square around all frames, `(2, 2)`."""
        points = np.concatenate([np.reshape(frames, (-1, 2)) for _, frames in runs])
        points = points[np.isfinite(points).all(axis=1)]
        if self.region is not None:
            points = np.concatenate([points, self.region])
        middle = 0.5 * (points.min(axis=0) + points.max(axis=0))
        half = 0.5 * np.ptp(points, axis=0).max() + _MARGIN
        return np.stack([middle - half, middle + half])


def draw_strip(axes: Axes, mesh: Mesh, position: np.ndarray, limits: np.ndarray) -> None:
    """One frame; driven nodes are gray, held ones squares."""
    if mesh.region is not None:
        low, high = mesh.region
        axes.add_patch(
            Rectangle(tuple(low), *(high - low), facecolor=GOAL_FILL, edgecolor=GOAL_EDGE, lw=1.0)
        )
    given = mesh.kind[mesh.edges] == NodeKind.DRIVEN
    lines = position[mesh.edges]
    for chosen, color in ((~given.all(axis=1), CYCLE[0]), (given.all(axis=1), OBSTACLE)):
        axes.add_collection(LineCollection(list(lines[chosen]), colors=color, linewidths=1.1))
    for kind, mark in ((NodeKind.HELD, "s"), (NodeKind.DRIVEN, "o")):
        axes.plot(*position[mesh.kind == kind].T, mark, color=INK, markersize=2.6, linewidth=0)
    axes.set(xlim=limits[:, 0], ylim=limits[:, 1], aspect="equal", xticks=[], yticks=[])
    for spine in axes.spines.values():
        spine.set_color(FAINT)


def moments_figure(mesh: Mesh, runs: Runs, *, dt: float, title: str, subtitle: str = "") -> Figure:
    """A row of moments for each of some trajectories, `(time, node, 2)`, the first frame first."""
    length = min(len(frames) for _, frames in runs)
    moments = np.unique(np.linspace(0, length - 1, 5).round().astype(int))
    side, limits = 2.4, mesh.limits(runs)
    wide, tall = len(moments) * side + 0.35, len(runs) * side + 0.95
    figure = new_figure(wide, tall)
    grid = figure.add_gridspec(
        len(runs), len(moments), left=0.35 / wide, right=1 - 0.08 / wide, bottom=0.08 / tall,
        top=1 - 0.95 / tall, wspace=0.04, hspace=0.04,
    )  # fmt: skip
    for row, (name, frames) in enumerate(runs):
        for column, time in enumerate(moments):
            axes = figure.add_subplot(grid[row, column])
            draw_strip(axes, mesh, frames[time], limits)
            if row == 0:
                axes.set_title(f"{time * dt:.2f} s", size=9.5, color=MUTED)
            if column == 0:
                axes.set_ylabel(name, size=10, color=INK, weight="bold")
    headline(figure, title, subtitle)
    return figure


def run_figure(
    mesh: Mesh, runs: Runs, history: Mapping[str, np.ndarray], *, title: str, subtitle: str
) -> Figure:
    """The last frames of a run's simulations side by side, and its search."""
    figure = new_figure(3.1 * (len(runs) + 1) + 0.8, 4.2)
    grid = figure.add_gridspec(
        1, len(runs) + 1, left=0.02, right=0.98, top=0.74, bottom=0.13, wspace=0.16
    )
    limits = mesh.limits([(name, frames[-1:]) for name, frames in runs])
    for index, (name, frames) in enumerate(runs):
        axes = figure.add_subplot(grid[0, index])
        draw_strip(axes, mesh, frames[-1], limits)
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


def strip_animation(mesh: Mesh, runs: Runs, *, dt: float, max_frames: int = 60) -> bytes:
    """A GIF of trajectories side by side, on one clock."""
    side, limits = max(3.0, 6.4 / len(runs)), mesh.limits(runs)
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
            draw_strip(axes, mesh, frames[time], limits)
            axes.set_title(name, loc="left", size=9.5, color=INK)
            axes.set_title(f"{time * dt:.2f} s", loc="right", size=9.5, color=MUTED)
        pictures.append(picture(canvas))
    return gif(pictures, 0.05)


def known(frames: Any) -> np.ndarray:
    """Frames up to the first that is not finite, which then stands still."""
    frames = np.asarray(frames)
    finite = np.isfinite(frames).all(axis=(1, 2))
    last = len(frames) if finite.all() else max(int(finite.argmin()), 1)
    rest = np.repeat(frames[last - 1 : last], len(frames) - last, axis=0)
    return np.concatenate([frames[:last], rest])
