"""Trajectories of points in a plane on a stage: moments, ends of runs, and GIFs."""

import abc
from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from ._animation import even_frames, gif, picture
from ._search import draw_search
from ._style import FAINT, INK, MUTED, headline, new_figure

# Names and frames, `(time, point, 2)`, the first frame first.
Runs = Sequence[tuple[str, np.ndarray]]


class AbstractStage(abc.ABC):
    """What of a scene does not move, and how a frame of the rest is drawn on it."""

    margin = 0.06  # meters around what is drawn

    @abc.abstractmethod
    def corners(self) -> np.ndarray:
        """Points that are in view whatever moves, `(point, 2)`."""

    @abc.abstractmethod
    def paint(self, axes: Axes, position: np.ndarray, limits: np.ndarray) -> None:
        """One frame, `(point, 2)`, and what stands still, within `limits`."""

    def limits(self, runs: Runs) -> np.ndarray:
        """Corners of a square around all frames, `(2, 2)`."""
        points = np.concatenate([np.reshape(frames, (-1, 2)) for _, frames in runs])
        points = np.concatenate([points[np.isfinite(points).all(axis=1)], self.corners()])
        middle = 0.5 * (points.min(axis=0) + points.max(axis=0))
        half = 0.5 * np.ptp(points, axis=0).max() + self.margin
        return np.stack([middle - half, middle + half])

    def draw(self, axes: Axes, position: np.ndarray, limits: np.ndarray) -> None:
        """A frame in a square without ticks."""
        self.paint(axes, position, limits)
        axes.set(xlim=limits[:, 0], ylim=limits[:, 1], aspect="equal", xticks=[], yticks=[])
        for spine in axes.spines.values():
            spine.set_color(FAINT)


def moments_figure(
    stage: AbstractStage, runs: Runs, *, dt: float, title: str, subtitle: str = "", number: int = 6
) -> Figure:
    """A row of `number` moments for each of some trajectories, from the first to the last."""
    length = min(len(frames) for _, frames in runs)
    moments = np.unique(np.linspace(0, length - 1, number).round().astype(int))
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
            stage.draw(axes, frames[time], limits)
            if row == 0:
                axes.set_title(f"{time * dt:.2f} s", size=9.5, color=MUTED)
            if column == 0:
                axes.set_ylabel(name, size=10, color=INK, weight="bold")
    headline(figure, title, subtitle)
    return figure


def ends_figure(
    stage: AbstractStage,
    runs: Runs,
    history: Mapping[str, np.ndarray],
    *,
    title: str,
    subtitle: str,
) -> Figure:
    """The last frames of a run's simulations side by side, and its search."""
    figure = new_figure(3.1 * (len(runs) + 1) + 0.8, 4.2)
    grid = figure.add_gridspec(
        1, len(runs) + 1, left=0.02, right=0.98, top=0.74, bottom=0.13, wspace=0.16
    )
    limits = stage.limits([(name, frames[-1:]) for name, frames in runs])
    for index, (name, frames) in enumerate(runs):
        axes = figure.add_subplot(grid[0, index])
        stage.draw(axes, frames[-1], limits)
        axes.set_title(name, size=9.5, color=INK)
    axes = figure.add_subplot(grid[0, len(runs)])
    draw_search(axes, history)
    headline(figure, title, subtitle)
    return figure


def stage_animation(stage: AbstractStage, runs: Runs, *, dt: float, max_frames: int = 60) -> bytes:
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
            stage.draw(axes, frames[time], limits)
            axes.set_title(name, loc="left", size=9.5, color=INK)
            axes.set_title(f"{time * dt:.2f} s", loc="right", size=9.5, color=MUTED)
        pictures.append(picture(canvas))
    return gif(pictures, 0.05)
