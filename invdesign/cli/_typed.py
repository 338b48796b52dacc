"""The task that a user typed, and the folder that a command works in."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from .._task import Task
from ..io import read_design
from ..io._run_directory import read_run_directory, set_aside
from ..studies._identity import recorded_files
from ..studies._registry import ChangedFiles, FoundTask, find_task
from ._options import as_task
from ._output import remark

TaskArgument = Annotated[
    str,
    typer.Argument(
        parser=as_task, metavar="TASK", help="A name from `invdesign tasks`, or FILE.py:OBJECT."
    ),
]
RestartOption = Annotated[
    bool,
    typer.Option(
        "--restart",
        help="Begin anew where the folder holds a run already, which is moved to FOLDER~1.",
    ),
]


def typed_task(
    source: str, out: Path | None, options: Mapping[str, Any], *, restart: bool
) -> FoundTask:
    """The task of a name or `FILE.py:OBJECT`.

    **Arguments:** `options`: by name, those of others among them.

    Where `out` is given and is gone on with, the task's files have to be those of the run in it;
    otherwise none of their code is run.

    **Raises:** `ValueError` as `find_task` does.
    """
    recorded = None
    if out is not None and not restart and _holds_a_run(out):
        recorded = recorded_files(read_run_directory(out).configuration)
    try:
        found = find_task(source, recorded, options)
    except ChangedFiles as error:
        raise ValueError(
            f"`{out}` holds a run of another task: {error}; choose another `--out`, or "
            "`--restart` to begin anew."
        ) from error
    remark(found.sources.notes)
    return found


def _holds_a_run(folder: Path) -> bool:
    try:
        return (folder / "config.json").is_file()
    except OSError:  # no name that a folder can have; said when it is opened
        return False


def begin_anew(folder: Path, *, restart: bool) -> None:
    """Move the run that a folder holds out of the way, if that is wanted."""
    moved = set_aside(folder) if restart else None
    if moved is not None:
        remark([f"the run in {folder} is in {moved} now"])


def design_parameters(path: Path | None, task: Task) -> tuple[float, ...] | None:
    """The parameters of a design's file.

    **Raises:** `ValueError` if the file is broken or holds no design of the task.
    """
    if path is None:
        return None
    try:
        parameters = read_design(path).parameters
        task.space.encode(parameters)
    except ValueError as error:
        named = str(path) in str(error)
        raise ValueError(str(error) if named else f"`{path}`: {error}") from error
    return tuple(parameters.tolist())
