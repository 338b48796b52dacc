"""Names and files to tasks: the edge where strings become objects."""

import hashlib
import importlib.util
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import equinox as eqx
import jax

from .._blame import reason
from .._task import Task
from ..io import tasks_dir, unknown_name


def task_names() -> list[str]:
    """Names of all registered tasks: the keys of `TASKS` in every `tasks/*/task.py`.

    **Raises:** `ValueError` if one of these files is broken.
    """
    return sorted(_registered())


def load_task(name_or_path: str) -> Task:
    """The task of a registered name, or of `file.py:object`.

    The object is a `Task` or a callable without arguments that returns one.

    **Raises:** `ValueError` if there is no such name (the nearest ones are offered) or file, if
    the file cannot be imported, or if what it holds is no task that can be built.
    """
    if name_or_path.partition(":")[0].endswith(".py"):
        return _load_from_file(name_or_path)
    registered = _registered()
    if name_or_path not in registered:
        raise ValueError(unknown_name("task", name_or_path, registered))
    path, make = registered[name_or_path]
    return _made(make, where=f"{path}:TASKS[{name_or_path!r}]")


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


def _registered() -> dict[str, tuple[Path, Callable[[], Task]]]:
    """For every registered name the file it is from and what makes the task."""
    found = {}
    for path in sorted(tasks_dir().glob("*/task.py")):
        tasks = getattr(_import(path), "TASKS", None)
        if not isinstance(tasks, dict):
            raise ValueError(f"`{path}` must define TASKS, a dict of names to callables.")
        found |= {name: (path, make) for name, make in tasks.items()}
    return found


def _load_from_file(name: str) -> Task:
    file, _, attribute = name.partition(":")
    if not attribute:
        raise ValueError(f"`{name}` names no object; write `{file}:object`.")
    path = Path(file)
    if not path.is_file():
        raise ValueError(f"There is no file `{file}`.")
    module = _import(path)
    if not hasattr(module, attribute):
        raise ValueError(f"`{file}` defines no `{attribute}`.")
    return _made(getattr(module, attribute), where=name)


def _made(maker: Any, *, where: str) -> Task:
    """The checked task that `maker` is or returns."""
    if not callable(maker):
        return check_task(maker, where=where)
    try:
        task = maker()
    except Exception as error:
        raise ValueError(f"`{where}` could not be made: {reason(error)}") from error
    return check_task(task, where=where)


def _import(path: Path) -> ModuleType:
    """The module of a file, under a name of its own so that equal file names do not collide."""
    digest = hashlib.sha256(str(path.resolve()).encode()).hexdigest()[:12]
    name = f"_invdesign_task_{digest}"
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None and spec.loader is not None  # the suffix is .py
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # dataclasses look their annotations up there
    try:
        spec.loader.exec_module(module)
    except Exception as error:
        del sys.modules[name]
        raise ValueError(f"The task file `{path}` cannot be read: {reason(error)}") from error
    return module
