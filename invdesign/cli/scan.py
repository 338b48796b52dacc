"""`invdesign scan TASK`: the best designs of one and two numbers."""

from pathlib import Path
from typing import Annotated, Any

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from ..io._run_directory import open_run_directory
from ..studies._identity import task_identity
from ..studies._resolve import reference_for
from ..studies._scan import draw_scan, scan as scan_slices
from ._errors import plain_errors
from ._extra import extra_options, takes_extra
from ._options import as_folder
from ._output import AsJson, number, remark, report, stderr, table
from ._typed import RestartOption, TaskArgument, begin_anew, typed_task


def _table(result: dict[str, Any], title: str) -> Any:
    rows = [
        [
            row["scan"],
            ", ".join(f"{name} {number(value)}" for name, value in row["numbers"].items()),
            number(row["score"]),
            number(row["training_score"]),
            ", ".join(f"{name} by {number(miss)}" for name, miss in row["violations"].items()),
        ]
        for row in _rows(result)
    ]
    shown = table(
        ["slice", "best at", "score, unseen", "optimized on", "missed"], rows, title=title
    )
    shown.caption = result["figure"]
    return shown


def _rows(result: dict[str, Any]) -> list[dict[str, Any]]:
    """The rows, and where a better design misses a constraint, that one below."""
    found = []
    for row in result["rows"]:
        found.append(row)
        better = row.get("regardless", row)
        if better["numbers"] != row["numbers"]:
            found.append({**better, "scan": f"{row['scan']}, constraints aside"})
    return found


class _Progress:
    """A bar a slice on a terminal, a line a slice elsewhere."""

    def __init__(self):
        columns = (
            TextColumn("{task.description}"),
            BarColumn(bar_width=24),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
        )
        quiet = not stderr.is_terminal
        self.bar = Progress(*columns, console=stderr, transient=True, disable=quiet)
        self.line = self.bar.add_task("")
        self.said = ""

    def __call__(self, name: str, done: int, total: int) -> None:
        self.bar.update(self.line, description=name, completed=done, total=total)
        if not stderr.is_terminal and name != self.said:
            self.said = name
            stderr.print(f"{name}: {total} designs")


@takes_extra
@plain_errors
def scan(
    extra: tuple[str, ...],
    task: TaskArgument,
    points: Annotated[
        int, typer.Option(min=4, max=10_000, help="Designs of each slice that are simulated.")
    ] = 41,
    across: Annotated[
        int | None,
        typer.Option(
            min=2, max=100, help="Values along each axis of a plane; by default the points' root."
        ),
    ] = None,
    conditions: Annotated[
        int | None,
        typer.Option(
            min=1, help="How many of the conditions optimized on they are scored on; default: all."
        ),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(parser=as_folder, metavar="PATH", help="Folder; runs/scan-<task> by default."),
    ] = None,
    restart: RestartOption = False,
    as_json: AsJson = False,
) -> None:
    """Score designs of one and two numbers in the reference solver: what a search has to beat.

    For chains and rotors one angle for all, and another one that grows along them. A task declares
    its slices. Naming the folder again goes on with a scan, or reports it.
    """
    options = extra_options(extra)
    found = typed_task(task, out, options, restart=restart)
    for name in options.keys() - found.options.keys():
        raise ValueError(f"`--{name.replace('_', '-')}` is no option of `{found.task.name}`.")
    reference = reference_for(found.task)
    folder = out or Path("runs") / f"scan-{found.task.name}"
    begin_anew(folder, restart=restart)
    configuration = {"kind": "scan", **task_identity(found), "points": points}
    configuration |= {
        name: given
        for name, given in (("across", across), ("conditions", conditions))
        if given is not None
    }
    run = open_run_directory(folder, configuration)
    progress = _Progress()
    try:
        with progress.bar:
            result = scan_slices(
                folder, configuration, found.task, reference, points=points, across=across,
                conditions=conditions, progress=progress,
            )  # fmt: skip
    except KeyboardInterrupt:
        raise KeyboardInterrupt(f"The same command goes on with `{folder}`.") from None
    title = f"{found.task.name}: designs of one and two numbers"
    figure = draw_scan(folder, result, title=title)
    notes = [*run.notes, *found.sources.notes, *result["notes"]]
    payload = {
        "task": found.task.name, "out": str(folder), **result, "figure": str(figure),
        "notes": notes,
    }  # fmt: skip
    remark(notes)
    report(payload, _table(payload, title), as_json=as_json)
