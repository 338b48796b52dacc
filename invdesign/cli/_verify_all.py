"""`invdesign verify --all`: every published design in its reference solver, once more."""

from collections.abc import Sequence
from typing import Any

import typer

from ..studies._published import Published, Rescored, published_designs, rescore, tolerance
from ..studies._registry import load_task
from ..studies._resolve import reference_for
from ._output import number, remark, report, say, stderr, table

NO_LONGER = 1  # the exit code where a published number does not hold


def verify_all(names: str | None, *, fine: bool, as_json: bool) -> None:
    """Score the published designs of all tasks, or of some, again; exit code 1 if one fails.

    Each result is printed on stderr as soon as it is there.
    """
    designs = _chosen(names)
    found = []
    for index, design in enumerate(designs, start=1):
        stderr.print(f"{index} of {len(designs)}: {_name(design)}")
        found.append(_rescored(design, fine))
        _tell(found[-1])
    if all(each.unchecked for each in found):
        raise ValueError(f"No design could be checked: {found[0].unchecked}")
    fallen = [each for each in found if each.faults]
    payload = {
        "holds": not fallen,
        "checked": sum(not each.unchecked for each in found),
        "unchecked": [_name(each.design) for each in found if each.unchecked],
        "fallen": [_name(each.design) for each in fallen],
        "designs": [_row(each) for each in found],
    }
    report(payload, _table(found), as_json=as_json)
    if fallen:
        named = "; ".join(f"{_name(each.design)}: {' and '.join(each.faults)}" for each in fallen)
        say(f"Published, and no longer so: {named}.")
        raise typer.Exit(NO_LONGER)


def _chosen(names: str | None) -> list[Published]:
    designs = published_designs()
    if names is None:
        return designs
    wanted = [name.strip() for name in names.split(",") if name.strip()]
    known = dict.fromkeys(design.task for design in designs)
    for name in wanted:
        if name not in known:
            there = ", ".join(f"`{each}`" for each in known)
            raise ValueError(f"Nothing is published of `{name}`; there are designs of {there}.")
    return [design for design in designs if design.task in wanted]


def _rescored(design: Published, fine: bool) -> Rescored:
    try:
        task = load_task(design.task)
        try:
            reference = reference_for(task)
        except ValueError as error:  # not installed
            return Rescored(design, None, unchecked=str(error))
        return rescore(design, task, reference, fine=fine)
    except ValueError as error:
        return Rescored(design, None, faults=(str(error),))


def _name(design: Published) -> str:
    return f"{design.task}, {design.method}, by {design.by}"


def _tell(found: Rescored) -> None:
    """One result in a line."""
    if found.measured is None:
        remark([f"not checked: {found.unchecked or ' '.join(found.faults)}"])
        return
    said = "holds" if found.holds else f"does not hold: {' and '.join(found.faults)}"
    score, published = number(found.measured.score, 4), number(found.design.score, 4)
    stderr.print(f"  {score}, {published} is published: {said} ({found.seconds:.0f} s)")
    remark(found.notes)


def _row(found: Rescored) -> dict[str, Any]:
    design, measured = found.design, found.measured
    return {
        "task": design.task,
        "method": design.method,
        "by": design.by,
        "score": design.score,
        "tolerance": tolerance(design.score, design.spread),
        "fine_score": design.fine_score,
        "score_now": None if measured is None else measured.score,
        "fine_score_now": None if measured is None else measured.fine_score,
        "holds": None if found.unchecked else found.holds,
        "faults": list(found.faults),
        "notes": [*found.notes, *([found.unchecked] if found.unchecked else [])],
        "seconds": found.seconds,
    }


def _table(found: Sequence[Rescored]) -> Any:
    rows = [
        [
            row["task"],
            row["method"],
            number(row["score"], 4),
            number(row["score_now"], 4),
            number(row["tolerance"], 2),
            *(number(row[key], 4) for key in ("fine_score", "fine_score_now")),
            {True: "holds", False: "does not hold", None: "not checked"}[row["holds"]],
        ]
        for row in map(_row, found)
    ]
    columns = ["task", "found by", "published", "now", "within", "twice as fine", "now", ""]
    return table(columns, rows)
