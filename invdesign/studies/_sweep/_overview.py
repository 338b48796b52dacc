"""What a head tells while it works."""

import dataclasses
from collections.abc import Callable, Mapping, Sequence


@dataclasses.dataclass(frozen=True)
class Ongoing:
    """A run that is being made: what it is at, how far its search is, seconds so far."""

    name: str
    phase: str
    share: float
    iterations: int
    seconds: float


@dataclasses.dataclass(frozen=True)
class Overview:
    """A sweep at a moment.

    **Arguments:**

    - `counts`: runs in each state.
    - `ongoing`: those that are being made.
    - `seconds_left`: an estimate, `None` before anything is measured.
    - `news`: sentences on what has happened since the last overview.
    """

    counts: Mapping[str, int]
    ongoing: Sequence[Ongoing] = ()
    seconds_left: float | None = None
    news: Sequence[str] = ()


Look = Callable[[Overview], None]


def blind(overview: Overview) -> None:
    """Looks away."""
