"""`invdesign submit DESIGN`: from a run to an entry of the leaderboard."""

import dataclasses
from pathlib import Path
from typing import Annotated

import typer

from ..io._resources import PACKAGE, tasks_dir
from ..studies._published import Published, enter, submitted
from ..studies._registry import find_task
from ._errors import plain_errors
from ._options import as_path, as_text
from ._output import AsJson, number, remark, report, stderr, table


@plain_errors
def submit(
    design: Annotated[
        Path,
        typer.Argument(
            parser=as_path,
            metavar="RUN_DIR|DESIGN.json",
            help="A finished run, or a file with `task` and `parameters`.",
        ),
    ],
    by: Annotated[
        str, typer.Option(parser=as_text, metavar="TEXT", help="Who found it, as it is published.")
    ],
    method: Annotated[
        str | None,
        typer.Option(
            parser=as_text, metavar="TEXT", help="How the design of a lone file was found."
        ),
    ] = None,
    into: Annotated[
        Path | None,
        typer.Option(
            parser=as_path,
            metavar="FILE",
            help="The reference.toml to enter it into; by default the task's, in a checkout.",
        ),
    ] = None,
    fine: Annotated[
        bool, typer.Option(help="Score it at twice the solver's resolution, too.")
    ] = True,
    as_json: AsJson = False,
) -> None:
    """Score a design in its task's reference solver and enter it into the leaderboard.

    There is one design of each task, method and finder; a worse one than that changes nothing.
    """
    if into is None and tasks_dir().parent == PACKAGE:
        raise ValueError(
            "This is no checkout of invdesign, whose leaderboard could take an entry; name a file "
            "by `--into`, such as `--into reference.toml`."
        )
    stderr.print("scores in the reference solver")
    entry = submitted(design, by=by, method=method, fine=fine)
    path = into or find_task(entry.task).sources.path.with_name("reference.toml")
    better = enter(path, entry)
    notes = [f"`{name}` is missed by {number(missed)}" for name, missed in entry.missed.items()]
    if better is not None:
        notes.append(f"not entered: `{path}` has one with {number(better.score, 4)} already")
    remark(notes)
    payload = {
        **dataclasses.asdict(entry),
        "entered": better is None,
        "file": str(path),
        "notes": notes,
    }
    report(payload, _table(entry, path if better is None else None), as_json=as_json)


def _table(entry: Published, path: Path | None):
    rows = [
        ["score", f"{number(entry.score, 4)} ± {number(entry.spread)}"],
        ["at twice the resolution", number(entry.fine_score, 4)],
        ["found by", f"{entry.method}, {entry.by}"],
        ["entered into", "–" if path is None else path],
    ]
    return table(["", ""], rows, title=entry.task)
