"""From a run, or a file with a design, to an entry of the leaderboard."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

import jax.numpy as jnp
import numpy as np

from ..._task import Task
from ...io._design_file import read_design
from ...io._run_directory import RunDirectory, read_run_directory
from ...reference import AbstractReference
from .._identity import task_digest, task_of
from .._registry import load_task, task_names
from .._resolve import reference_for
from .._result import read_result
from .._run import read_champion
from ._measure import Measured, measure
from ._record import Published

_DIGITS = 6  # of parameters: a design is what is published, not what it was rounded from


def submitted(path: Path, *, by: str, method: str | None = None, fine: bool = True) -> Published:
    """A run's design, or that of a file, scored in the reference solver as it would be published.

    **Arguments:**

    - `path`: a finished run directory, or a `design.json` that names its task.
    - `by`: who found it.
    - `method`: how the design of a lone file was found; of a run it is known.
    - `fine`: at twice the solver's resolution, too.

    **Raises:** `ValueError` if it is no design of a registered task as it is now, if the solver is
    not installed, or fails on it.
    """
    how: dict[str, Any]
    if path.is_dir():
        if method is not None:
            raise ValueError("`--method` is for a lone design.json; of a run it is known.")
        task, parameters, how = _of_run(read_run_directory(path))
    else:
        task, parameters = _of_file(path)
        if method is None:
            raise ValueError(f"How was the design of `{path}` found? Say it by `--method`.")
        how = {"optimizer": method, "through": "other"}
    return published(task, parameters, reference_for(task), by=by, fine=fine, **how)


def published(
    task: Task,
    parameters: Any,
    reference: AbstractReference,
    *,
    by: str,
    optimizer: str,
    through: Literal["learned", "reference", "other"],
    model: str | None = None,
    seed: int | None = None,
    charged_steps: float | None = None,
    fine: bool = True,
) -> Published:
    """The record of a design: its parameters as they are written, scored in the solver.

    **Raises:** `ValueError` if the solver fails on any condition, or as `judge` does.
    """
    rounded = np.asarray(parameters, float).round(_DIGITS)
    found = measure(task.space.encode(jnp.asarray(rounded)), task, reference, fine=fine)
    if found.failures:
        raise ValueError(f"A design of `{task.name}` has no score: {' '.join(found.failures)}")
    return Published(
        task=task.name,
        task_digest=task_digest(task),
        parameters=tuple(rounded.tolist()),
        optimizer=optimizer,
        through=through,
        by=by,
        model=model,
        seed=seed,
        charged_steps=charged_steps,
        **_rounded(found),
    )


def _rounded(found: Measured) -> dict[str, Any]:
    numbers = {
        name: getattr(found, name) for name in ("score", "spread", "fine_score", "fine_spread")
    }
    short = {name: None if x is None else round(x, 4) for name, x in numbers.items()}
    return {**short, "missed": {name: float(f"{x:.3g}") for name, x in found.missed.items()}}


def _of_run(run: RunDirectory) -> tuple[Task, Any, dict[str, Any]]:
    found, _ = task_of(run)
    if found.options:
        raise ValueError(f"`{run.path}` has options of its task; only tasks as they are count.")
    latent = read_champion(run, found.task)
    parameters = found.task.space.decode(jnp.asarray(latent)).parameters
    result, said = read_result(run), run.configuration
    return (
        found.task,
        parameters,
        {
            "optimizer": _method(said),
            "through": said["simulator"],
            "model": said["model"],
            "seed": said["seed"],
            "charged_steps": result["charged_steps"],
        },
    )


def _method(said: Mapping[str, Any]) -> str:
    """How a run searched: a search through a finer solver is another one."""
    finer = said.get("resolution", 1)
    return said["optimizer"] + (f", {finer} times the solver's resolution" if finer > 1 else "")


def _of_file(path: Path) -> tuple[Task, Any]:
    design = read_design(path)
    if design.task not in task_names():
        raise ValueError(
            f"`{path}` names no registered task; it needs a line such as "
            '`"task": "contain"` (`invdesign tasks` lists them).'
        )
    task = load_task(design.task)
    try:
        task.space.encode(design.parameters)
    except ValueError as error:
        raise ValueError(f"`{path}`: {error}") from error
    return task, design.parameters
