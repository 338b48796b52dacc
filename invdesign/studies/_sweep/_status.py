"""A sweep's folder as its files tell it, whether its head lives or not."""

import dataclasses
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ._estimate import Estimate, kind_of
from ._lock import read_head
from ._record import read_runs
from ._run_status import STATES, RunStatus, read_status


@dataclasses.dataclass(frozen=True)
class StudyStatus:
    """Where a sweep stands.

    **Arguments:**

    - `out`: its folder.
    - `runs`: what is known of each run, by its directory.
    - `configs`: their configurations, what is default left out.
    - `running`: whether a head lives; on another machine it may not.
    - `head`: which, in words, `None` without one.
    - `left`: directories of runs that are not in the study any more.
    """

    out: Path
    runs: Mapping[str, RunStatus]
    configs: Mapping[str, Mapping[str, Any]]
    running: bool
    head: str | None
    left: tuple[str, ...] = ()

    @property
    def counts(self) -> dict[str, int]:
        """How many runs are in each state."""
        found = Counter(run.state for run in self.runs.values())
        return {state: found[state] for state in STATES}

    @property
    def failed(self) -> dict[str, str]:
        """Why runs have failed, by their directories."""
        return {name: run.reason for name, run in self.runs.items() if run.state == "failed"}

    def seconds_left(self, at_once: int = 1) -> float | None:
        """An estimate of the time that it still takes; `None` before anything is measured.

        **Arguments:** `at_once`: runs that are made side by side.
        """
        estimate, waiting = Estimate(), Counter[str]()
        for name, run in self.runs.items():
            kind = kind_of(self.configs[name])
            if run.state == "finished":
                estimate.measured(kind, run.seconds)
            elif run.state != "failed":
                waiting[kind] += 1
        return estimate.left(waiting, (), at_once)


def status(out: str | Path) -> StudyStatus:
    """Where the sweep in a folder stands, from its files alone; nothing is written.

    **Raises:** `ValueError` if the folder holds no sweep, or naming the file that is damaged.
    """
    out = Path(out)
    record = read_runs(out)
    if record is None:
        raise ValueError(
            f"`{out}` holds no sweep; `invdesign sweep FILE.toml --out DIR` makes one."
        )
    head = read_head(out)
    running = head is not None and head.lives
    runs = {name: _known(read_status(out / name), running) for name in record.runs}
    words = f"process {head.pid} on {head.host}" if head is not None and running else None
    return StudyStatus(out, runs, record.runs, running, words, tuple(record.left))


def _known(run: RunStatus, running: bool) -> RunStatus:
    """What a head has written that was killed is not what is."""
    if run.state == "running" and not running:
        run.state = "interrupted"
    return run
