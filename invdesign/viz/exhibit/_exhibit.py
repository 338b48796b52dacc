"""What a world's run shows on a page."""

import dataclasses
from collections.abc import Sequence

import numpy as np

from ._replay import Replay


@dataclasses.dataclass(frozen=True)
class Line:
    """A curve of a plot: values over places, `(point,)` each; `wide` ones are pale, behind."""

    name: str
    place: np.ndarray
    values: np.ndarray
    wide: bool = False


@dataclasses.dataclass(frozen=True)
class Plot:
    """Curves in one pair of axes; `flipped` is with small values up."""

    title: str
    xlabel: str
    ylabel: str
    lines: Sequence[Line]
    flipped: bool = False


@dataclasses.dataclass(frozen=True)
class Exhibit:
    """All of it, in the order in which it is shown."""

    replays: Sequence[Replay] = ()
    plots: Sequence[Plot] = ()
