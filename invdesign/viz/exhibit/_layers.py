"""What a panel is drawn of, one over the other; colors are names of roles, for a page to choose."""

import abc
import dataclasses
from collections.abc import Sequence
from typing import Any

import numpy as np

from ._packed import held, packed

Points = np.ndarray
_DIGITS = 5


class AbstractLayer(abc.ABC):
    """A part of a picture; moving ones have frames."""

    @property
    def moving(self) -> Points | None:
        """What changes from frame to frame, `(time, ...)`; `None` if nothing does."""
        return None

    @property
    def frames(self) -> int:
        """How many moments it has; 1 if it does not move."""
        return 1 if self.moving is None else len(self.moving)

    @property
    def numbers(self) -> int:
        """How many numbers a moment takes."""
        return 0 if self.moving is None else np.asarray(self.moving[0]).size

    @abc.abstractmethod
    def described(self, moments: np.ndarray) -> dict[str, Any]:
        """The layer as JSON holds it.

        **Arguments:** `moments`: frames that are shown, `(moment,)`; those beyond the last one are
        the last one.
        """


def chosen(frames: np.ndarray, moments: np.ndarray) -> np.ndarray:
    """Finite frames at some moments."""
    return held(frames)[np.minimum(moments, len(frames) - 1)]


def _rounded(points: np.ndarray) -> list[Any]:
    return np.round(np.asarray(points, float), _DIGITS).tolist()


@dataclasses.dataclass(frozen=True)
class Box(AbstractLayer):
    """The goal: a rectangle from `lower` to `upper`, its area or its edge."""

    lower: Points
    upper: Points
    filled: bool = True

    def described(self, moments: np.ndarray) -> dict[str, Any]:
        corners = {"lower": _rounded(self.lower), "upper": _rounded(self.upper)}
        return {"kind": "box", "filled": self.filled, **corners}


@dataclasses.dataclass(frozen=True)
class Shapes(AbstractLayer):
    """Closed curves `(corner, 2)` each, filled as one area with its holes, or dotted."""

    rings: Sequence[Points]
    color: str
    filled: bool = True

    def described(self, moments: np.ndarray) -> dict[str, Any]:
        rings = [_rounded(ring) for ring in self.rings]
        return {"kind": "shapes", "color": self.color, "filled": self.filled, "rings": rings}


@dataclasses.dataclass(frozen=True)
class Discs(AbstractLayer):
    """Particles `(time, node, 2)` of a diameter, stronger inside of a region.

    **Arguments:** `region`: corners of its boxes, lower and upper in turn, `(corner, 2)`.
    """

    position: Points
    diameter: float
    region: Points | None = None

    @property
    def moving(self) -> Points:
        return self.position

    def described(self, moments: np.ndarray) -> dict[str, Any]:
        return {
            "kind": "discs",
            "position": packed(chosen(self.position, moments)),
            "diameter": float(self.diameter),
            "region": None if self.region is None else _rounded(self.region),
        }


@dataclasses.dataclass(frozen=True)
class Links(AbstractLayer):
    """Nodes `(time, node, 2)` and the pairs of them that are joined, `(pair, 2)`.

    **Arguments:** `given`: which pairs are of nodes whose motion is given, `(pair,)`; `squares`,
    `dots`: nodes that are marked so.
    """

    position: Points
    edges: np.ndarray
    given: np.ndarray
    squares: Sequence[int] = ()
    dots: Sequence[int] = ()

    @property
    def moving(self) -> Points:
        return self.position

    def described(self, moments: np.ndarray) -> dict[str, Any]:
        edges, given = np.asarray(self.edges), np.asarray(self.given, bool)
        return {
            "kind": "links",
            "position": packed(chosen(self.position, moments)),
            "free": edges[~given].tolist(),
            "given": edges[given].tolist(),
            "squares": [int(node) for node in self.squares],
            "dots": [int(node) for node in self.dots],
        }


@dataclasses.dataclass(frozen=True)
class Outline(AbstractLayer):
    """A closed curve that changes, `(time, corner, 2)`."""

    position: Points
    color: str

    @property
    def moving(self) -> Points:
        return self.position

    def described(self, moments: np.ndarray) -> dict[str, Any]:
        position = packed(chosen(self.position, moments))
        return {"kind": "outline", "color": self.color, "position": position}


@dataclasses.dataclass(frozen=True)
class Curve(AbstractLayer):
    """Values `(time, point)` over places `(point,)`, named in the panel's legend."""

    name: str
    place: Points
    values: Points
    color: str
    wide: bool = False

    @property
    def moving(self) -> Points:
        return self.values

    def described(self, moments: np.ndarray) -> dict[str, Any]:
        return {
            "kind": "curve",
            "name": self.name,
            "color": self.color,
            "wide": self.wide,
            "place": _rounded(self.place),
            "values": packed(chosen(self.values, moments)),
        }
