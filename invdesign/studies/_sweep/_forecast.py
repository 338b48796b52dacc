"""What a sweep would make, and about how long it would take."""

import dataclasses
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

from ._estimate import kind_of
from ._ledger import Ledger
from ._record import planned, read_runs
from ._study import Study


@dataclasses.dataclass(frozen=True)
class Forecast:
    """What a sweep would make.

    **Arguments:**

    - `total`: runs of the study.
    - `names`: those that are to be made.
    - `seconds`: an estimate, `None` where nothing has been measured.
    - `changed`: by name, what is different from the run that is there.
    - `left`: runs that are there and not in the study.
    """

    total: int
    names: Sequence[str]
    seconds: float | None
    changed: Mapping[str, list[str]]
    left: Sequence[str]


def forecast(study: Study, out: Path, *, at_once: int, only: str | None = None) -> Forecast:
    """What a sweep of a study would make in a folder; nothing is written.

    **Raises:** `ValueError` as `sweep` does, configurations aside.
    """
    plan = planned(study.runs(), read_runs(out))
    ledger = Ledger(out, plan.runs, at_once)
    names = ledger.wanted(only)
    names += [name for name in plan.changed if name not in names] if only is None else []
    waiting = Counter(kind_of(plan.runs[name]) for name in names)
    seconds = ledger.estimate.left(waiting, (), at_once)
    return Forecast(len(plan.runs), names, seconds, plan.changed, tuple(plan.left))
