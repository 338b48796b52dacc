"""Ropes as pictures: links and nodes, what is in their way, and the shape that is wanted."""

import dataclasses
from collections.abc import Callable

import numpy as np
from matplotlib.axes import Axes

from ...viz._stage import AbstractStage
from ...viz._style import CYCLE, GOAL_EDGE, INK, OBSTACLE

_SHADE = 160  # points along an axis at which obstacles are looked for


@dataclasses.dataclass(frozen=True)
class RopeStage(AbstractStage):
    """The shape that is wanted and what is in the way; the held end is a square.

    **Arguments:** `target`: nodes, `(node, 2)`, or `None`; `solid`: tells which of some points,
    `(point, 2)`, are inside of an obstacle, or `None`.
    """

    target: np.ndarray | None = None
    solid: Callable[[np.ndarray], np.ndarray] | None = None

    margin = 0.08

    def corners(self) -> np.ndarray:
        return np.zeros((0, 2)) if self.target is None else self.target

    def paint(self, axes: Axes, position: np.ndarray, limits: np.ndarray) -> None:
        if self.solid is not None:
            ticks = [np.linspace(low, high, _SHADE) for low, high in limits.T]
            points = np.stack(np.meshgrid(*ticks), axis=-1)
            inside = np.asarray(self.solid(points.reshape(-1, 2))).reshape(points.shape[:2])
            axes.contourf(*ticks, inside.astype(float), levels=[0.5, 1.5], colors=[OBSTACLE])
        if self.target is not None:
            axes.plot(*self.target.T, color=GOAL_EDGE, linewidth=5, alpha=0.5, zorder=1)
        axes.plot(*position.T, "-o", color=CYCLE[0], linewidth=1.2, markersize=2.6)
        axes.plot(*position[0], "s", color=INK, markersize=4)
