"""`invdesign status DIR`: where a sweep stands."""

from collections import Counter
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table

from ..studies import StudyStatus, status as read_status
from ._duration import duration
from ._errors import plain_errors
from ._options import as_path
from ._output import AsJson, number, remark, report, table
from ._sweep_progress import counted

_SHOWN = 40  # runs; of more, those that are unfinished


def status_table(found: StudyStatus) -> Table:
    """A row a run; of many, those alone that are neither finished nor waiting."""
    runs = dict(found.runs)
    if len(runs) > _SHOWN:
        runs = {n: run for n, run in runs.items() if run.state not in ("finished", "waiting")}
    rows = [
        [
            name,
            run.state,
            f"{run.share:.0%}",
            run.iterations or run.result.get("iterations", 0),
            duration(run.seconds),
            number(run.result.get("score")),
            number(run.result.get("reference_score_mean")),
        ]
        for name, run in list(runs.items())[:_SHOWN]
    ]
    columns = ["run", "state", "search", "iterations", "time", "score", "reference score"]
    title = counted(found.counts)
    return table(columns, rows, title=title)


def payload_of(found: StudyStatus) -> dict[str, Any]:
    """The same for programs."""
    return {
        "out": str(found.out),
        "running": found.running,
        "head": found.head,
        "counts": found.counts,
        "seconds_left": found.seconds_left(),
        "runs": {
            name: {
                "state": run.state,
                "share": run.share,
                "seconds": run.seconds,
                "attempts": run.attempts,
                "reason": run.reason,
                "places": [[place.processor, place.threads] for place in run.places],
                "result": run.result,
            }
            for name, run in found.runs.items()
        },
        "left": found.left,
    }


@plain_errors
def status(
    folder: Annotated[
        Path, typer.Argument(parser=as_path, metavar="DIR", help="A sweep's folder.")
    ],
    as_json: AsJson = False,
) -> None:
    """Show where a sweep stands, running or dead, from its files alone."""
    found = read_status(folder)
    report(payload_of(found), status_table(found), as_json=as_json)
    if found.running:
        remark([f"it is being made by {found.head}"])
    elif unfinished := sum(found.counts.values()) - found.counts["finished"]:
        remark([f"nobody is at it; {unfinished} runs are unfinished"])
    for reason, many in Counter(found.failed.values()).most_common():
        remark([f"{many} failed: {reason}"])
    places = {place for run in found.runs.values() for place in run.places}
    if len(places) > 1:
        words = ", ".join(sorted(f"{p.processor} with {p.threads} threads" for p in places))
        remark([f"runs were made in different places, which may change last digits: {words}"])
    if found.left:
        remark([f"not in the study any more: {', '.join(found.left)}"])
