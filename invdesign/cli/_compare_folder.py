"""What a sweep left, side by side, on the terminal and in files."""

from collections.abc import Collection
from pathlib import Path

import typer

from ..io._atomic import dump_json
from ..studies import compare, judge_champions
from ..studies._comparison import Comparison, payload, write_comparison
from ..studies._comparison._texts import COLUMNS, DASH, cells, title
from ._output import remark, say, stdout, table


def compare_folder(
    folder: Path, *, target: float | None, judge: bool, trusted: Collection[str], as_json: bool
) -> None:
    """Print and write the comparison of a sweep's runs.

    **Arguments:** `judge`: whether champions along the budget are judged first; `trusted`: tasks
    that may be run for it although they are files.

    **Raises:** `ValueError` as `compare` and `judge_champions` do.
    """
    if judge:
        judge_champions(
            folder, trusted=trusted, watch=lambda run: say(f"judging champions of {run}")
        )
    found = compare(folder, target=target)
    files = [str(path) for path in write_comparison(found)]
    if as_json:
        typer.echo(dump_json({**payload(found), "files": files}))
    else:
        _show(found)
    remark(found.notes)
    remark([f"the tables and figures are in {folder}: {', '.join(Path(f).name for f in files)}"])


def _show(found: Comparison) -> None:
    stdout.print(f"{found.finished} of {found.total} runs are finished.")
    for each in found.tables:
        rows = [cells(row) for row in each.rows]
        shown = [index for index in range(len(COLUMNS)) if any(row[index] != DASH for row in rows)]
        columns = [COLUMNS[index] for index in shown]
        made = table(columns, [[row[i] for i in shown] for row in rows], title=title(each))
        stdout.print(made)
