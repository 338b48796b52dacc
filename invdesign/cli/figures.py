"""`invdesign figures RUN_DIR`: the pictures of a run again, without running it."""

from pathlib import Path
from shlex import quote
from typing import Annotated

import typer

from ..io import read_run_directory
from ..studies._outputs import draw_outputs, failures
from ._errors import plain_errors
from ._options import as_path
from ._output import AsJson, remark, report, table

RunArgument = Annotated[
    Path, typer.Argument(parser=as_path, metavar="RUN_DIR", help="A run directory.")
]


@plain_errors
def figures(run_dir: RunArgument, as_json: AsJson = False) -> None:
    """Draw figure.png and animation.gif of a run directory again."""
    run = read_run_directory(run_dir)
    paths = draw_outputs(run)
    if not paths:
        raise ValueError(
            f"`{run_dir}` holds nothing to draw; go on with the run first: "
            f"`invdesign run {quote(str(run.configuration.get('task_source')))} "
            f"--out {quote(str(run_dir))}`."
        )
    notes = [*run.notes, *failures(run)]
    remark(notes)
    payload = {"out": str(run_dir), "files": [str(path) for path in paths], "notes": notes}
    report(payload, table(["drawn"], [[path] for path in paths]), as_json=as_json)
