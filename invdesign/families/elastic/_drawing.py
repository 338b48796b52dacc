"""Strips as pictures: their springs, what holds or drives them, and where their tip should be."""

import dataclasses

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.patches import Rectangle

from ...scenes import NodeKind
from ...viz._stage import AbstractStage
from ...viz._style import CYCLE, GOAL_EDGE, GOAL_FILL, INK, OBSTACLE


@dataclasses.dataclass(frozen=True)
class StripStage(AbstractStage):
    """Pairs and kinds of nodes, and the goal's box or `None`.

    Driven nodes are gray, held ones squares.
    """

    edges: np.ndarray
    kind: np.ndarray
    region: np.ndarray | None = None

    def corners(self) -> np.ndarray:
        return np.zeros((0, 2)) if self.region is None else self.region

    def paint(self, axes: Axes, position: np.ndarray, limits: np.ndarray) -> None:
        if self.region is not None:
            low, high = self.region
            look = {"facecolor": GOAL_FILL, "edgecolor": GOAL_EDGE, "lw": 1.0}
            axes.add_patch(Rectangle(tuple(low), *(high - low), **look))
        given = self.kind[self.edges] == NodeKind.DRIVEN
        lines = position[self.edges]
        for chosen, color in ((~given.all(axis=1), CYCLE[0]), (given.all(axis=1), OBSTACLE)):
            axes.add_collection(LineCollection(list(lines[chosen]), colors=color, linewidths=1.1))
        for kind, mark in ((NodeKind.HELD, "s"), (NodeKind.DRIVEN, "o")):
            place = position[self.kind == kind].T
            axes.plot(*place, mark, color=INK, markersize=2.6, linewidth=0)
