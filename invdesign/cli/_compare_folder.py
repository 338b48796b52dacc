"""`invdesign compare DIR`: what a sweep left, side by side."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import typer

from ..io._atomic import dump_json
from ..studies._comparison import Comparison, compare_study, payload, write_comparison
from ..studies._comparison._texts import COLUMNS, DASH, cells, title
from ._output import remark, stdout, table


def compare_folder(
    folder: Path, given: Mapping[str, Any], *, target: float | None, as_json: bool
) -> None:
    """Print and write the comparison of a sweep's runs.

    **Arguments:** `given`: options of comparisons that are made anew, which have no effect here.

    **Raises:** `ValueError` if one of these is given, or as `compare_study` does.
    """
    extra = [name for name, value in given.items() if value]
    if extra:
        raise ValueError(
            f"`--{extra[0]}` has no effect on `{folder}`, whose runs are made; leave it out, or "
            "change the study and call `invdesign sweep` again."
        )
    found = compare_study(folder, target=target)
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
