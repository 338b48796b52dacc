"""The comparison of what a sweep left, from its files alone."""

import dataclasses
import math
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

from .._published import Published, best_known
from .._registry import is_file
from .._sweep import StudyStatus, status
from ._contest import Contest
from ._entries import labels_of, read_contests
from ._rows import RANDOM, Row, common_budget, rows_of, usual_target

_NAMED = 6


@dataclasses.dataclass(frozen=True)
class TaskTable:
    """A task's table.

    **Arguments:** `budget`: charged steps up to which all of its runs are compared; `target`: the
    training score that times and successes are about; `contests`: the runs behind it.
    """

    task: str
    budget: float
    target: float
    rows: Sequence[Row]
    contests: Sequence[Contest]


@dataclasses.dataclass(frozen=True)
class Comparison:
    """What a sweep left, side by side.

    **Arguments:** `out`: its folder; `tables`: one a task; `finished`, `total`: runs that are in
    it, out of how many; `notes`: sentences on what a reader has to know beside the numbers.
    """

    out: Path
    tables: Sequence[TaskTable]
    finished: int
    total: int
    notes: Sequence[str]


def compare(out: str | Path, *, target: float | None = None) -> Comparison:
    """Compare the finished runs of a sweep, task by task, on the budget that all of them had.

    **Arguments:** `target`: the training score whose times and successes are told; by default what
    random search comes to, or all runs together where it is not among them.

    **Raises:** `ValueError` if the folder holds no sweep, no run of it is finished, or naming a
    file that is damaged.
    """
    found = status(out)
    labels = labels_of(found.configs)
    tables, notes = [], _missing(found)
    groups = read_contests(found)
    for source, own in groups.items():
        names = [name for name, config in found.configs.items() if config["task"] == source]
        sizes = Counter(labels[name] for name in names)
        usual = not any(found.configs[name].get("options") for name in names)
        best = best_known(source) if usual and not is_file(source) else None
        table, said = _table(own, sizes, target, best)
        tables.append(table)
        notes += said
    notes += _places(found)
    finished = sum(len(own) for own in groups.values())
    return Comparison(found.out, tables, finished, len(found.runs), notes)


def _table(
    own: Sequence[Contest],
    sizes: Mapping[str, int],
    target: float | None,
    best: Published | None,
) -> tuple[TaskTable, list[str]]:
    task, budget = own[0].task, common_budget(own)
    wanted = usual_target(own, budget) if target is None else target
    known = None if best is None else best.score
    rows = rows_of(own, sizes, budget=budget, target=wanted, best=known)
    notes = _budgets(task, own, budget) + _mixed(task, own) + _said(own)
    if all(each.optimizer != RANDOM for each in own):
        notes.append(
            f"{task}: no run of random search is finished, beside which all others are seen; add "
            "`random` to the study's optimizers"
        )
    return TaskTable(task, budget, wanted, rows, own), notes


def _missing(found: StudyStatus) -> list[str]:
    """Which runs the numbers are silent about."""
    notes = []
    for state in ("failed", "interrupted", "running", "waiting"):
        names = [name for name, run in found.runs.items() if run.state == state]
        if names:
            shown = [_with_reason(name, found.runs[name].reason) for name in names]
            notes.append(f"{len(names)} {state}, left out: {_listed(shown)}")
    if found.left:
        notes.append(f"not in the study any more, left out: {', '.join(found.left)}")
    return notes


def _with_reason(name: str, reason: str) -> str:
    return f"{name} ({reason})" if reason else name


def _budgets(task: str, own: Sequence[Contest], budget: float) -> list[str]:
    """Where runs had different budgets, or their end is not the one that was judged."""
    limits = {each.limit for each in own if math.isfinite(each.limit)}
    notes = []
    if len(limits) > 1:
        notes.append(
            f"{task}: budgets go from {min(limits):g} to {max(limits):g} charged steps; all is "
            f"told at {budget:g}"
        )
    short = [each.name for each in own if each.at(budget) is None]
    if short:
        notes.append(f"{task}: {budget:g} steps allow for no iteration of {', '.join(short)}")
    ends = [(each, each.at(budget)) for each in own]
    later = [each.name for each, end in ends if end is not None and each.known(end) is None]
    if later:
        notes.append(
            f"{task}: beyond {budget:g} steps {_listed(later)} found other "
            "designs; those before are not judged on unseen conditions, which `--judge` does"
        )
    return notes


def _mixed(task: str, own: Sequence[Contest]) -> list[str]:
    """Where runs of a task are not of the same thing."""
    notes = []
    if len({each.code for each in own}) > 1:
        notes.append(f"{task}: its code or options are not the same in all runs")
    if len({each.simulator for each in own}) > 1:
        notes.append(f"{task}: some runs searched through a model, some through the solver")
    return notes


def _said(own: Sequence[Contest]) -> list[str]:
    """What runs say of their own numbers, each sentence once."""
    said: dict[str, list[str]] = {}
    for each in own:
        for note in each.result["notes"]:
            said.setdefault(note, []).append(each.name)
    return [f"{_listed(names)}: {note}" for note, names in said.items()]


def _listed(names: Sequence[str]) -> str:
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return ", ".join(names[:_NAMED]) + more


def _places(found: StudyStatus) -> list[str]:
    places = {place for run in found.runs.values() for place in run.places}
    if len(places) < 2:
        return []
    words = sorted(f"{place.processor} with {place.threads} threads" for place in places)
    return [f"runs were made in different places, which may change last digits: {'; '.join(words)}"]
