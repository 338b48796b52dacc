"""What tells a run's task from another one, or from an edited one."""

from collections.abc import Mapping
from pathlib import Path
from shlex import quote
from typing import Any

from .._digest import VERSION, digest_fields
from .._task import Task
from ..io._changes import changes
from ..io._run_directory import RunDirectory
from ._registry import ChangedFiles, FoundTask, find_task, is_file, task_names

_ASIDE = ("slices", "lighter", "has_valleys")  # what the scores of a design do not hang on


def task_digest(task: Task) -> str:
    """A checksum of all that a task is, which tells edited tasks apart.

    Every number and array counts, and the code of functions and classes that are the user's. Those
    of this package and of installed ones count by name, and not by what they compute: an objective
    of ours that is changed leaves the checksum as it is, which is why runs record the package's
    version beside it, and why published scores are computed again (`verify --all`). A checksum of
    our source would call every task another one after each reworded sentence.

    **Raises:** `ValueError` naming what in the task no checksum can tell, such as a generator.
    """
    return digest_fields(task, "task", without=_ASIDE).whole


def task_identity(found: FoundTask) -> dict[str, Any]:
    """What the configuration of a run says of its task: the whole, part by part, file by file.

    **Raises:** `ValueError` as `task_digest` does.
    """
    fields = digest_fields(found.task, "task", without=_ASIDE)
    return {
        "task": found.task.name,
        "task_source": task_source(found.source),
        "task_digest": fields.whole,
        "task_parts": dict(fields.parts),
        "task_files": found.sources.checksums,
        "packages": dict(fields.packages),
        **({"task_options": dict(found.options)} if found.options else {}),
    }


def task_source(name: str) -> str:
    """A task's name, or the absolute path of its file: what finds it again from anywhere."""
    file, colon, attribute = name.partition(":")
    return f"{Path(file).resolve()}{colon}{attribute}" if is_file(name) else name


def recorded_files(configuration: Mapping[str, Any]) -> Mapping[str, str] | None:
    """Checksums of the files that a run's task was made of, if it knows them."""
    files = configuration.get("task_files")
    return files if isinstance(files, Mapping) else None


def task_of(run: RunDirectory, typed: str | None = None) -> tuple[FoundTask, list[str]]:
    """The task that a run was made for, and what has to be said of it.

    Code is taken from what the user types alone: a directory may come from anybody, and what it
    says of its task counts only where it is a registered name.

    **Arguments:** `typed`: the task's source, where the user gave one.

    **Raises:** `ValueError` with the command to type where the run's task is a file, or if the
    task has changed since; none of the file's code is run then.
    """
    source = run.configuration.get("task_source")
    if not isinstance(source, str):
        raise ValueError(f"`{run.path}` is not a run of `invdesign run`: it names no task.")
    if typed is None:
        if source not in task_names():
            raise ValueError(
                f"`{run.path}` was made for the task `{source}`, which is not a registered one, "
                "and code is not run because a directory names it; if you trust that file, type "
                f"`invdesign verify {quote(str(run.path))} --task {quote(source)}`."
            )
        typed = source
    try:
        found = find_task(typed, recorded_files(run.configuration), _options(run))
    except ChangedFiles as error:
        raise _changed(run, str(error)) from error
    return found, _checked(run, found)


def _options(run: RunDirectory) -> dict[str, Any]:
    """Options of a run's task."""
    options = run.configuration.get("task_options", {})
    return options if isinstance(options, dict) else {}


def _changed(run: RunDirectory, what: str) -> ValueError:
    return ValueError(
        f"The task of `{run.path}` is another one than when it was made: {what}; run it again "
        "with another `--out`."
    )


def _checked(run: RunDirectory, found: FoundTask) -> list[str]:
    """What is not known of whether a task is the run's.

    **Raises:** `ValueError` naming what has changed.
    """
    recorded, present = run.configuration, task_identity(found)
    if not str(recorded.get("task_digest")).startswith(f"{VERSION}:"):
        return [
            f"`{run.path}` was made by invdesign {run.version}, which did not record the task's "
            "code; whether it has changed since cannot be told"
        ]

    def differences(*keys: str) -> list[str]:
        return changes(*({key: each.get(key) for key in keys} for each in (recorded, present)))

    # Our own files and fields may differ from version to version.
    files = differences("task_files")
    parts = [*([] if is_file(found.source) else files), *differences("task_parts", "task_digest")]
    other = differences("packages")
    if (is_file(found.source) and files) or (parts and not other):
        raise _changed(run, "; ".join(dict.fromkeys(files + parts)))
    if not parts:
        return []
    return [f"whether the task has changed since the run cannot be told: {'; '.join(other)}"]
