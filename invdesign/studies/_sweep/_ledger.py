"""The runs of a sweep in the head's memory, and their status files."""

import time
from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from ...io._run_directory import STATUS
from ._estimate import Estimate, kind_of
from ._overview import Ongoing, Overview
from ._run_status import STATES, RunStatus, read_status, write_status

_WRITE_EVERY = 5.0  # seconds, of how far a run is
_DEATHS = 3


class Ledger:
    """Keeps each run's status on disk, and in memory no more of it than its state.

    **Arguments:** `out`: the sweep's folder; `runs`: configurations by directory; `at_once`: runs
    that are made side by side.
    """

    def __init__(self, out: Path, runs: Mapping[str, Mapping[str, Any]], at_once: int):
        self.out, self.runs, self.at_once = out, runs, at_once
        self.estimate = Estimate()
        self.states: dict[str, str] = {}
        self.active: dict[str, RunStatus] = {}
        self.since: dict[str, float] = {}
        self.wrote: dict[str, float] = {}
        self.news: list[str] = []
        for name in runs:
            found = read_status(out / name)
            self.states[name] = found.state
            if found.state == "finished":
                self.estimate.measured(kind_of(runs[name]), found.seconds)
        self.counts = Counter(self.states.values())
        self.waiting: Counter[str] = Counter()

    def recover(self) -> None:
        """Note that no run is being made, whatever a head has written that was killed."""
        for name, state in list(self.states.items()):
            if state == "running":
                status = read_status(self.out / name)
                status.state, status.phase = "interrupted", ""
                status.reason = "the sweep was killed"
                write_status(self.out / name, status)
                self._set(name, "interrupted")

    def wanted(self, only: str | None = None) -> list[str]:
        """Names of the runs to make, in the study's order: `only` of this state, all that are
        `unfinished`, or all that are neither finished nor have failed."""
        if only == "unfinished":
            return [name for name, state in self.states.items() if state != "finished"]
        if only is not None:
            return [name for name, state in self.states.items() if state == only]
        return [n for n, state in self.states.items() if state not in ("finished", "failed")]

    def queued(self, names: Iterable[str]) -> None:
        """Note which runs are going to be made."""
        self.waiting.update(kind_of(self.runs[name]) for name in names)

    def _set(self, name: str, state: str) -> None:
        self.counts[self.states[name]] -= 1
        self.counts[state] += 1
        self.states[name] = state

    def begin(self, name: str) -> bool:
        """Note that a run is handed out; whether it failed before.

        One that failed gets its tries anew.
        """
        folder = self.out / name
        for stray in folder.glob(f".{STATUS}.*"):  # of a head that was killed in mid-write
            stray.unlink(missing_ok=True)
        status = read_status(folder)
        failed = status.state == "failed"
        if failed:
            status = RunStatus(attempts=status.attempts, seconds=status.seconds)
        status.state, status.phase, status.reason, status.detail = "running", "", "", ""
        status.attempts += 1
        status.began = time.time()
        self.waiting[kind_of(self.runs[name])] -= 1
        self.active[name], self.since[name] = status, time.monotonic()
        self._set(name, "running")
        self._write(name)
        return failed

    def _write(self, name: str) -> None:
        status = self.active[name]
        status.updated = time.time()
        write_status(self.out / name, status)
        self.wrote[name] = time.monotonic()

    def moved(self, name: str, **news: Any) -> None:
        """Note how far a run is; on disk when a phase begins, and now and then."""
        status = self.active[name]
        begins = news.get("phase", status.phase) != status.phase
        for key, value in news.items():
            setattr(status, key, value)
        if begins or time.monotonic() - self.wrote[name] > _WRITE_EVERY:
            self._write(name)

    def end(self, name: str, state: str, **news: Any) -> None:
        """Note what has become of a run."""
        status = self.active[name]
        spent = time.monotonic() - self.since[name]
        for key, value in {"state": state, "phase": "", **news}.items():
            setattr(status, key, value)
        status.seconds += spent
        self._write(name)
        self._set(name, state)
        for kept in (self.active, self.since, self.wrote):
            del kept[name]
        if state == "finished":
            self.estimate.measured(kind_of(self.runs[name]), status.seconds)
        elif state == "failed":
            self.news.append(f"{name} failed: {status.reason}")

    def died(self, name: str, reason: str, detail: str) -> bool:
        """Note that a worker died on a run; whether the run is to be tried again."""
        status = self.active[name]
        further = status.iterations > status.furthest
        deaths = 1 if further else status.deaths + 1
        known = {"deaths": deaths, "furthest": status.iterations, "detail": detail}
        if deaths < _DEATHS:
            self.news.append(f"{name} is tried again: {reason}")
            self.end(name, "interrupted", reason=reason, **known)
            self.queued([name])
            return True
        why = f"given up after {deaths} tries without progress: {reason}"
        self.end(name, "failed", reason=why, **known)
        return False

    def overview(self) -> Overview:
        """The sweep at this moment; what is new is told once."""
        now, news, self.news = time.monotonic(), self.news, []
        spent = {name: now - since for name, since in self.since.items()}
        ongoing = [
            Ongoing(name, status.phase, status.share, status.iterations, spent[name])
            for name, status in self.active.items()
        ]
        running = [(kind_of(self.runs[name]), seconds) for name, seconds in spent.items()]
        left = self.estimate.left(self.waiting, running, self.at_once)
        return Overview({s: self.counts[s] for s in STATES}, ongoing, left, news)
