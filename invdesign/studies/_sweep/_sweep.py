"""A sweep: every run of a study, whatever becomes of any of them."""

import contextlib
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from ...io._atomic import make_folder
from .._config import RunConfig
from ._check import check_runs
from ._executors import AbstractExecutor, InProcess, LocalWorkers
from ._head import Head
from ._ledger import Ledger
from ._lock import held
from ._overview import Look, Overview, blind
from ._record import Plan, make_room, planned, read_runs, write_runs
from ._status import StudyStatus, status
from ._study import Study

LOGS = "logs"


def sweep(
    study: Study | Mapping[str, Any],
    out: str | Path,
    *,
    executor: AbstractExecutor | None = None,
    only: str | None = None,
    aside: bool = False,
    pictures: bool = True,
    look: Look = blind,
) -> StudyStatus:
    """Make all runs of a study, each in a directory of its own, as `run_design` makes them.

    Finished runs are skipped and interrupted ones go on, so that a sweep which was killed is
    called again with the same arguments. A run that fails leaves its reason and stops nothing;
    it is made again by `only="failed"`. Runs that a changed study adds are made; those that it
    would make otherwise are refused.

    **Arguments:**

    - `study`: a `Study`, or what one holds: `{"tasks": ["contain-lite"], "seeds": [0, 1]}`.
    - `out`: the folder; it holds a directory a run, `study.json`, and what workers said.
    - `executor`: who makes the runs, by default one worker process; this process if they are
      `batched`.
    - `only`: `"failed"` for the runs that have failed, and no others.
    - `aside`: move runs that the study would make otherwise to `NAME~1`, and make them anew.
    - `pictures`: whether every run is drawn, which takes seconds each; `invdesign figures` draws
      one later.
    - `look`: told how it goes.

    **Returns:** what `status(out)` says at the end.

    **Raises:** `ValueError` if the study, or a configuration in it, cannot be run; if the folder
    holds something else, runs that the study would make otherwise, or has another head.
    """
    if only not in (None, "failed"):
        raise ValueError(f'`sweep` needs only="failed", or nothing, got {only!r}.')
    study = study if isinstance(study, Study) else Study(study)
    options: dict[str, Any] = {"only": only, "aside": aside, "pictures": pictures}
    return make_runs(study.runs(), out, executor=executor, look=look, **options)


def make_runs(
    runs: Mapping[str, RunConfig],
    out: str | Path,
    *,
    executor: AbstractExecutor | None = None,
    only: str | None = None,
    aside: bool = False,
    pictures: bool = True,
    look: Look = blind,
) -> StudyStatus:
    """`sweep` of runs that are given one by one, by the names of their directories.

    **Arguments:** `only`: `"failed"`, or `"unfinished"` for all that are not finished.
    """
    out = Path(out)
    executor = _executor(executor, runs.values())
    read_runs(out)  # refuses what is no sweep's before anything is written
    with _folder(out), held(out):
        plan = planned(runs, read_runs(out))
        if plan.changed and not aside:
            make_room(out, plan, aside=False)
        with executor.open(out / LOGS) as pool:
            fresh = {name: plan.runs[name] for name in (*plan.added, *plan.changed)}
            check_runs(pool, fresh)
            notes = [*make_room(out, plan, aside=aside), *_said(plan)]
            write_runs(out, plan)
            ledger = Ledger(out, plan.runs, pool.size)
            ledger.recover()
            look(Overview(ledger.overview().counts, news=notes))
            Head(pool, ledger, look, pictures=pictures).make(ledger.wanted(only))
    return status(out)


def _executor(chosen: AbstractExecutor | None, configs: Iterable[RunConfig]) -> AbstractExecutor:
    """Who makes runs with these configurations."""
    lanes = {config.batched for config in configs}
    if lanes == {None}:
        return chosen or LocalWorkers()
    if len(lanes) > 1:
        raise ValueError("A study's runs are `batched` all alike, or none is.")
    return (chosen or InProcess()).side_by_side(lanes.pop() or 1)


def _said(plan: Plan) -> list[str]:
    """What the folder holds that the study has not."""
    if not plan.left:
        return []
    return [f"{len(plan.left)} runs are not in the study any more: {', '.join(plan.left)}"]


@contextlib.contextmanager
def _folder(out: Path) -> Iterator[None]:
    """The folder, which is removed again where nothing came of it."""
    there = out.exists()
    make_folder(out)
    try:
        yield
    finally:
        if not there and not (out / "study.json").exists():
            for path in (*out.glob(f"{LOGS}/*.log"), *out.glob("head.lock")):
                path.unlink(missing_ok=True)
            for folder in (out / LOGS, out):
                with contextlib.suppress(OSError):
                    folder.rmdir()
