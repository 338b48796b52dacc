"""`invdesign figures RUN_DIR`: the pictures of a run again, without running it."""

from pathlib import Path
from typing import Annotated

import typer

from ..io import read_run_directory
from ..viz import render_run
from ._errors import plain_errors
from ._output import AsJson, report, table

RunArgument = Annotated[Path, typer.Argument(help="A run directory.")]


@plain_errors
def figures(run_dir: RunArgument, as_json: AsJson = False) -> None:
    """Draw figure.png and animation.gif of a run directory again."""
    run = read_run_directory(run_dir)
    if not (run / "trajectory.npz").exists():
        raise ValueError(
            f"`{run_dir}` holds no trajectory.npz to draw; go on with the run first: "
            f"`invdesign run {run.configuration.get('task_source')} --out {run_dir}`."
        )
    paths = render_run(run_dir)
    shown = table(["drawn"], [[path] for path in paths])
    report({"out": str(run_dir), "files": [str(path) for path in paths]}, shown, as_json=as_json)
