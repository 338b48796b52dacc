"""Balls in a box as pictures: balls, what joins them, what is in their way."""

import dataclasses
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.patches import Circle, Polygon, Rectangle

from ..viz._capsule import capsule_outline
from ..viz._stage import AbstractStage
from ..viz._style import CYCLE, GOAL_FILL, INK, OBSTACLE


@dataclasses.dataclass(frozen=True)
class BoxStage(AbstractStage):
    """A box, and what stands in it; balls of a body have one color.

    Frames are the balls that are there, and behind them both ends of every capsule in their way.

    **Arguments:** `lower`, `upper`: corners of the box in metres; `radius`: of the balls,
    `(ball,)`; `body`: their numbers; `thickness`: of the capsules in metres, `(obstacle,)`; `goal`:
    lower and upper corners of where balls are wanted, one place after another, or `None`.
    """

    lower: np.ndarray
    upper: np.ndarray
    radius: np.ndarray
    body: np.ndarray
    thickness: np.ndarray = dataclasses.field(default_factory=lambda: np.zeros(0))
    goal: np.ndarray | None = None

    margin = 0.03

    def corners(self) -> np.ndarray:
        return np.stack([self.lower, self.upper])

    def paint(self, axes: Axes, position: np.ndarray, limits: np.ndarray) -> None:
        balls, rings = self.parted(position)
        places = np.zeros((0, 2, 2)) if self.goal is None else self.goal.reshape(-1, 2, 2)
        for lower, upper in places:
            axes.add_patch(_rectangle(lower, upper, facecolor=GOAL_FILL, zorder=0.2))
        axes.add_patch(_rectangle(self.lower, self.upper, fill=False, edgecolor=INK))
        for ring in rings:
            axes.add_patch(Polygon(ring, facecolor=OBSTACLE, edgecolor="none", zorder=0.5))
        axes.add_collection(LineCollection(list(balls[self.pairs()]), colors=INK, linewidths=0.8))
        for place, radius, body in zip(balls, self.radius, self.body, strict=True):
            axes.add_patch(
                Circle((place[0], place[1]), radius, facecolor=CYCLE[body % len(CYCLE)], alpha=0.85)
            )

    def pairs(self) -> np.ndarray:
        """Balls of one body, `(pair, 2)`."""
        pairs = np.stack(np.triu_indices(len(self.body), 1), axis=1)
        return pairs[self.body[pairs[:, 0]] == self.body[pairs[:, 1]]]

    def parted(self, position: np.ndarray) -> tuple[np.ndarray, list[np.ndarray]]:
        """Balls, and outlines of what is in the way, of a frame `(point, 2)`."""
        number = len(position) - 2 * len(self.thickness)
        pairs = zip(position[number:].reshape(-1, 2, 2), self.thickness, strict=True)
        return position[:number], [capsule_outline(ends, float(r)) for ends, r in pairs]


def _rectangle(lower: np.ndarray, upper: np.ndarray, **style: Any) -> Rectangle:
    width, height = (upper - lower).tolist()
    return Rectangle((lower[0], lower[1]), width, height, **style)
