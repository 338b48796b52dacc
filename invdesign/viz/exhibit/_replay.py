"""Panels that move on one clock."""

import dataclasses
from collections.abc import Sequence
from typing import Any

import numpy as np

from ._layers import AbstractLayer, Points

_MOST = 241  # moments
_FEWEST = 25
_NUMBERS = 2_000_000  # in all; each takes a byte or two in a page


@dataclasses.dataclass(frozen=True)
class Panel:
    """One picture of a replay.

    **Arguments:**

    - `title`: above it.
    - `layers`: from the back to the front.
    - `lower`, `upper`: corners of what is shown, `(2,)`.
    - `ratio`: height over width; by default that of the corners, so that circles are round.
    - `readings`: what is written beside the title at each frame, if anything.
    - `axes`: names of the axes; without them nothing is written at them.
    """

    title: str
    layers: Sequence[AbstractLayer]
    lower: Points
    upper: Points
    ratio: float | None = None
    readings: Sequence[str] = ()
    axes: tuple[str, str] | None = None

    @property
    def frames(self) -> int:
        """How many moments it has."""
        return max([len(self.readings), *(layer.frames for layer in self.layers)])

    @property
    def numbers(self) -> int:
        """How many numbers a moment takes."""
        return sum(layer.numbers for layer in self.layers)

    def described(self, moments: np.ndarray) -> dict[str, Any]:
        """The panel as JSON holds it, at some moments."""
        lower, upper = (np.asarray(corner, float) for corner in (self.lower, self.upper))
        size = upper - lower
        last = len(self.readings) - 1
        return {
            "title": self.title,
            "layers": [layer.described(moments) for layer in self.layers],
            "lower": lower.tolist(),
            "upper": upper.tolist(),
            "ratio": float(size[1] / size[0]) if self.ratio is None else self.ratio,
            "readings": [self.readings[min(m, last)] for m in moments] if last >= 0 else [],
            "axes": self.axes,
        }


@dataclasses.dataclass(frozen=True)
class Replay:
    """Panels side by side on one clock; one that is over stands still.

    **Arguments:**

    - `title`, `caption`: above and below.
    - `dt`: of the clock between two frames; `clock`: its unit, in words: "s", "iteration".
    """

    title: str
    panels: Sequence[Panel]
    dt: float = 1.0
    clock: str = "s"
    caption: str = ""

    def described(self) -> dict[str, Any]:
        """The replay as JSON holds it.

        Of more than 241 frames so many are kept, evenly, the first and the last among them; fewer
        where these have more than two million numbers.
        """
        length = max(panel.frames for panel in self.panels)
        numbers = sum(panel.numbers for panel in self.panels)
        most = min(_MOST, max(_FEWEST, _NUMBERS // max(numbers, 1)))
        moments = np.linspace(0, length - 1, min(length, most)).round().astype(int)
        return {
            "title": self.title,
            "caption": self.caption,
            "clock": self.clock,
            "times": np.round(moments * self.dt, 6).tolist(),
            "panels": [panel.described(moments) for panel in self.panels],
        }
