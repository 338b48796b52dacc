"""Names and files to tasks: the edge where strings become objects."""

import dataclasses
import warnings
from collections.abc import Callable, Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

import equinox as eqx
import jax

from .._blame import reason
from .._options import Declared, declared
from .._task import Task
from ..io._changes import changes
from ..io._manifest import unknown_name
from ..io._resources import tasks_dir
from ._sources import Sources, read_sources


@dataclasses.dataclass(frozen=True)
class FoundTask:
    """A task with where it is from.

    **Arguments:** `source`: as the user typed it; `sources`: the files that made it; `declared`:
    the options of what makes it; `options`: those that were given.
    """

    task: Task
    source: str
    sources: Sources
    declared: Mapping[str, Declared] = dataclasses.field(default_factory=dict)
    options: Mapping[str, Any] = dataclasses.field(default_factory=dict)


class ChangedFiles(ValueError):
    """The files of a task are not those that they have to be; none of them was run."""


def task_names() -> list[str]:
    """Names of all registered tasks: the keys of `TASKS` in every `tasks/*/task.py`.

    **Raises:** `ValueError` if one of these files is broken.
    """
    return sorted(_registered())


def load_task(name_or_path: str, **options: Any) -> Task:
    """The task of a registered name, or of `file.py:object`.

    The object is a `Task` or a callable without arguments that returns one. The file may import
    modules that lie beside it; where one has the name of an installed package, that one is found
    and a warning says so.

    **Arguments:** `options`: of the task, as its maker declares them: `load_task("contain",
    joints=24)`.

    **Raises:** `ValueError` if there is no such name (the nearest ones are offered) or file, if
    the file cannot be imported, or if what it holds is no task that can be built.
    """
    found = find_task(name_or_path, options=options)
    for note in found.sources.notes:
        warnings.warn(note, stacklevel=2)
    for name in options:
        if name not in found.declared:
            has = ", ".join(f"`{each}`" for each in found.declared) or "none"
            raise ValueError(f"`{found.task.name}` has no option `{name}`; it has {has}.")
    return found.task


def find_task(
    name_or_path: str,
    recorded: Mapping[str, str] | None = None,
    options: Mapping[str, Any] | None = None,
) -> FoundTask:
    """As `load_task`, with the files that the task is made of.

    **Arguments:** `recorded`: checksums of these files that they must have. Where they have not,
    none of the user's code is run. `options`: by name; those that what makes the task declares are
    handed to it, others are left for others.

    **Raises:** `ValueError` as `load_task` does, or naming the files that have changed, or an
    option that is out of its range.
    """
    if is_file(name_or_path):
        return _from_file(name_or_path, recorded, options or {})
    registered = _registered()
    if name_or_path not in registered:
        raise ValueError(unknown_name("task", name_or_path, registered))
    sources, make = registered[name_or_path]
    where = f"{sources.path}:TASKS[{name_or_path!r}]"
    return _found(make, name_or_path, sources, options or {}, where=where)


def task_options(name_or_path: str) -> Mapping[str, Declared]:
    """The options that a task has, by name.

    **Raises:** `ValueError` as `load_task` does.
    """
    return find_task(name_or_path).declared


def _found(
    maker: Any, name: str, sources: Sources, options: Mapping[str, Any], *, where: str
) -> FoundTask:
    known = declared(maker) if callable(maker) and not isinstance(maker, Task) else {}
    given = {key: known[key].read(value) for key, value in options.items() if key in known}
    return FoundTask(_made(maker, given, where=where), name, sources, known, given)


def is_file(name_or_path: str) -> bool:
    """Whether a task's source is `file.py:object` rather than a registered name."""
    return name_or_path.partition(":")[0].endswith(".py")


def check_task(task: Any, *, where: str) -> Task:
    """`task` if it hangs together: its initial design builds a scene of every condition.

    Nothing is simulated.

    **Raises:** `ValueError` naming `where` it comes from and the reason.
    """
    if not isinstance(task, Task):
        raise ValueError(f"`{where}` must be a Task, got an object of type {type(task).__name__}.")
    if task.num_steps < 1:
        raise ValueError(f"The task `{where}` needs num_steps >= 1, got {task.num_steps}.")
    try:
        for conditions in (task.conditions, task.unseen):
            eqx.filter_eval_shape(_initial_scenes, task, conditions)
    except Exception as error:
        raise ValueError(
            f"The task `{where}` cannot build its initial design: {reason(error)}"
        ) from error
    return task


def _initial_scenes(task: Task, conditions: Any) -> Any:
    design = task.space.decode(task.space.initial())
    return jax.vmap(lambda condition: task.build(design, condition))(conditions)


def _registered() -> dict[str, tuple[Sources, Callable[[], Task]]]:
    """For every registered name the files it is from and what makes the task."""
    found = {}
    for path in sorted(tasks_dir().glob("*/task.py")):
        sources = _sources(path, str(path))
        tasks = getattr(_run(sources, str(path)), "TASKS", None)
        if not isinstance(tasks, dict):
            raise ValueError(f"`{path}` must define TASKS, a dict of names to callables.")
        found |= {name: (sources, make) for name, make in tasks.items()}
    return found


def _from_file(
    name: str, recorded: Mapping[str, str] | None, options: Mapping[str, Any]
) -> FoundTask:
    file, _, attribute = name.partition(":")
    if not attribute:
        raise ValueError(f"`{name}` names no object; write `{file}:object`.")
    if not Path(file).is_file():
        raise ValueError(f"There is no file `{file}`.")
    sources = _sources(Path(file), file)
    if recorded is not None and recorded != sources.checksums:
        changed = changes({"task_files": recorded}, {"task_files": sources.checksums})
        raise ChangedFiles("; ".join(changed))
    module = _run(sources, file)
    if not hasattr(module, attribute):
        raise ValueError(f"`{file}` defines no `{attribute}`.")
    return _found(getattr(module, attribute), name, sources, options, where=name)


def _made(maker: Any, options: Mapping[str, Any], *, where: str) -> Task:
    """The checked task that `maker` is or returns."""
    if not callable(maker):
        return check_task(maker, where=where)
    try:
        task = maker(**options)
    except Exception as error:
        raise ValueError(f"`{where}` could not be made: {reason(error)}") from error
    return check_task(task, where=where)


def _sources(path: Path, shown: str) -> Sources:
    try:
        return read_sources(path)
    except (SyntaxError, RecursionError, MemoryError) as error:
        raise ValueError(f"The task file `{shown}` cannot be read: {reason(error)}") from error


def _run(sources: Sources, shown: str) -> ModuleType:
    try:
        return sources.run()
    except Exception as error:
        raise ValueError(f"The task file `{shown}` cannot be read: {reason(error)}") from error
