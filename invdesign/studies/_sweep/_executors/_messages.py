"""What a head and those who make its runs say to each other: plain records, a line of JSON each."""

from typing import Any

import msgspec

from .._run_status import Place


class Order(msgspec.Struct, frozen=True):
    """A run to make.

    **Arguments:**

    - `name`: of the run; answers name it.
    - `folder`: its directory.
    - `config`: the `RunConfig`, what is default left out.
    - `renew`: whether another run that is found there is one that failed, to be moved aside.
    - `pictures`: whether to draw what the run's files show.
    - `check`: whether only to look if the configuration can be run; nothing is written then.
    - `places`: where files are that the configuration names, on a machine that does not have them
      under these names.
    """

    name: str
    folder: str
    config: dict[str, Any]
    renew: bool = False
    pictures: bool = True
    check: bool = False
    places: dict[str, str] = {}


class Began(msgspec.Struct, frozen=True, tag=True):
    """A run has begun, at a place."""

    name: str
    place: Place


class Moved(msgspec.Struct, frozen=True, tag=True):
    """A run has come further: to a phase, by an iteration, to a share of its search."""

    name: str
    phase: str
    iterations: int
    share: float


class Finished(msgspec.Struct, frozen=True, tag=True):
    """A run has written all that it leaves; `result` is what it came to, in a few numbers.

    `programs`: compiled by the process so far.
    """

    name: str
    result: dict[str, Any]
    programs: int = 0


class Failed(msgspec.Struct, frozen=True, tag=True):
    """A run has raised something: the reason in a sentence, and the traceback."""

    name: str
    reason: str
    detail: str
    programs: int = 0


class Died(msgspec.Struct, frozen=True, tag=True):
    """The process that made a run is no more; `begun`: whether it had come to begin the run."""

    name: str
    reason: str
    detail: str
    begun: bool


Event = Began | Moved | Finished | Failed | Died
