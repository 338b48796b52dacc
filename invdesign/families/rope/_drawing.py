"""Ropes as pictures: links and nodes, what is in their way, and the shape that is wanted."""

import dataclasses

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Polygon

from ...viz._capsule import capsule_outline
from ...viz._stage import AbstractStage
from ...viz._style import CYCLE, GOAL_EDGE, INK, OBSTACLE


@dataclasses.dataclass(frozen=True)
class RopeStage(AbstractStage):
    """The shape that is wanted, and what is in the way; the held end is a square.

    Frames are a rope's nodes, and behind them both ends of every capsule that is in the way.

    **Arguments:** `target`: nodes, `(node, 2)`, or `None`; `thickness`: of the capsules in metres,
    `(obstacle,)`.
    """

    target: np.ndarray | None = None
    thickness: np.ndarray = dataclasses.field(default_factory=lambda: np.zeros(0))

    margin = 0.08

    def corners(self) -> np.ndarray:
        return np.zeros((0, 2)) if self.target is None else self.target

    def paint(self, axes: Axes, position: np.ndarray, limits: np.ndarray) -> None:
        nodes, rings = self.parted(position)
        for ring in rings:
            axes.add_patch(Polygon(ring, facecolor=OBSTACLE, edgecolor="none", zorder=0.5))
        if self.target is not None:
            axes.plot(*self.target.T, color=GOAL_EDGE, linewidth=5, alpha=0.5, zorder=1)
        axes.plot(*nodes.T, "-o", color=CYCLE[0], linewidth=1.2, markersize=2.6)
        axes.plot(*nodes[0], "s", color=INK, markersize=4)

    def parted(self, position: np.ndarray) -> tuple[np.ndarray, list[np.ndarray]]:
        """A rope's nodes, and outlines of what is in the way, of a frame `(point, 2)`."""
        number = len(position) - 2 * len(self.thickness)
        pairs = zip(position[number:].reshape(-1, 2, 2), self.thickness, strict=True)
        return position[:number], [capsule_outline(ends, float(r)) for ends, r in pairs]
