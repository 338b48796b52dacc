"""From a configuration to what runs: everything is checked, nothing is compiled."""

import dataclasses
import os
from collections.abc import Iterable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from .._digest import digest
from .._inexact import with_errors
from .._options import Declared, declared
from .._problem import Problem
from .._simulator import AbstractSimulator
from .._solve import AbstractStop, PlateauStop
from .._task import Task
from .._types import Latent
from ..families import AbstractDescent, Family
from ..families._registry import build_simulator, family_of, family_of_header
from ..io._checksum import sha256
from ..io._manifest import find_model
from ..io._weights import load_model, load_pretrained, read_hyperparameters
from ..reference import AbstractReference, Consulted
from ._config import RunConfig
from ._identity import task_digest, task_identity
from ._optimizers import (
    KNOBS,
    Contestant,
    Effort,
    contestant,
    default_budget,
    default_optimizer,
    refuse_unused,
    refuse_without_gradient,
)
from ._registry import FoundTask, find_task
from ._start import seeded_start

SUFFIX = ".safetensors"
# Of the errors' key: out of the reach of the search's iterations, and none of those that judge.
_ERRORS = np.uint32(2**32 - 2)


@dataclasses.dataclass(frozen=True)
class Resolved:
    """What a configuration comes to.

    **Arguments:**

    - `config`, `found`, `family`: the configuration, the task, and its world.
    - `problem`: the task under the simulator that is searched through; with errors, if the search
      is for designs that stand them.
    - `descent`: how it is descended through.
    - `reference`: the solver that has the last word, `None` if there is none, and `missing`: why.
    - `settings`: what a run directory has to remember of the simulator.
    """

    config: RunConfig
    found: FoundTask
    family: Family
    problem: Problem
    descent: AbstractDescent
    reference: AbstractReference | None
    settings: Mapping[str, Any]
    missing: str | None = None

    @property
    def task(self) -> Task:
        """The task as it was found; the problem's may have further constraints."""
        return self.found.task

    @property
    def simulator(self) -> AbstractSimulator:
        """What is searched through."""
        return self.problem.simulator

    @property
    def solver(self) -> AbstractReference:
        """The reference solver.

        **Raises:** `ValueError` saying how to get it, if it is not installed.
        """
        if self.reference is None:
            raise ValueError(self.missing)
        return self.reference

    @property
    def initial(self) -> Latent | None:
        """The latent of the design to start from, if the configuration names one.

        **Raises:** `ValueError` if it is no design of the task.
        """
        if self.config.init is None:
            return None
        return self.task.space.encode(jnp.asarray(self.config.init))

    @property
    def start(self) -> Latent:
        """Where the search starts: for seeds from 1 on a little beside the initial design."""
        return seeded_start(self.task.space, self.config.seed, about=self.initial)

    @property
    def effort(self) -> Effort:
        """How much the run may cost, and the optimizer's knobs; a budget if nothing is said."""
        config = self.config
        budget = config.budget
        if config.steps is None and budget is None:
            budget = default_budget(self.problem)
        return Effort(
            steps=config.steps,
            budget=budget,
            learning_rate=config.learning_rate,
            population=config.population,
            elites=config.elites,
            std=config.std,
        )

    @property
    def stop(self) -> tuple[AbstractStop, ...]:
        """The rules that end the run before its budget does."""
        patience = self.config.patience
        return () if patience is None else (PlateauStop(patience),)

    @property
    def optimizer(self) -> str:
        """The name of the optimizer."""
        return self.config.optimizer or default_optimizer(self.task, self.simulator)

    def player(self, name: str | None = None) -> Contestant:
        """The optimizer, or another one, with its settings.

        **Raises:** `ValueError` if there is no such optimizer, or for a setting that it does not
        honor or that is out of its range.
        """
        return contestant(name or self.optimizer, self.problem, self.effort)

    def identity(self) -> dict[str, Any]:
        """What every run directory has to remember of task and simulator."""
        return {**task_identity(self.found), **self.settings}

    def configuration(self, player: Contestant) -> dict[str, Any]:
        """What the directory of a run has to remember."""
        effort = self.effort
        return {
            **task_identity(self.found),
            "optimizer": player.name,
            "optimizer_digest": digest(player.optimizer, "optimizer"),
            **player.settings,
            "steps": effort.steps,
            "budget": effort.budget,
            "patience": self.config.patience,
            "seed": self.config.seed,
            **self.settings,
            "init": self.initial,
            **({} if self.config.batched is None else {"batched": self.config.batched}),
        }


def resolve(
    config: RunConfig,
    *,
    found: FoundTask | None = None,
    optimizers: Iterable[str] | None = None,
    exact: bool = False,
) -> Resolved:
    """What a configuration comes to; checked, and no simulation compiled.

    **Arguments:**

    - `found`: the task, if it has been read already.
    - `optimizers`: names that options are for, where that is not the configuration's own.
    - `exact`: descend along exact gradients unless an option says otherwise.

    **Raises:** `ValueError` naming what is unknown, out of its range or without effect.
    """
    found = find_task(config.task, options=config.options) if found is None else found
    family = family_of(found.task)
    config = _settled(config, family)
    rest = {key: value for key, value in config.options.items() if key not in found.options}
    known = declared(family.descent)
    _refuse_unknown(rest, known, found, family)
    solver = None if config.learned else _searched(found.task, family, config.resolution)
    names = [config.optimizer or default_optimizer(found.task, solver and solver[0])]
    names = names if optimizers is None else list(optimizers)
    given = {key: known[key].read(value) for key, value in rest.items()}
    knobs = {key: getattr(config, key) for key in KNOBS}
    refuse_unused(names, **knobs)
    refuse_without_gradient(names, [key for key in given if key in family.descent.gradient_only])
    usual = family.descent.exact if exact else {}
    descent = family.descent(**{**usual, **given})
    simulator, task, settings = _simulator(config, family, found.task)
    if simulator is None:
        assert solver is not None
        (simulator, reference), missing = solver, None
    else:
        reference, missing = _reference(task, simulator)
    problem = descent.problem(task, simulator, learned=config.learned)
    if config.errors:
        key = jax.random.fold_in(jax.random.key(config.seed), _ERRORS)
        task = with_errors(problem.task, config.errors, key=key)
        problem = dataclasses.replace(problem, task=task)
        settings = {**settings, "errors": config.errors}
    if not config.learned:
        problem, settings = _with_lighter(problem, descent, family), settings | _lighter(task)
    if exact and problem.without_gradient is not None:
        raise ValueError(f"There is no gradient to look at: {problem.without_gradient}.")
    chosen = {key: value for key, value in dataclasses.asdict(descent).items() if value is not None}
    settings = {"family": family.name, "simulator": config.simulator, **settings, **chosen}
    settings["gradient_cost"] = problem.gradient_cost
    return Resolved(config, found, family, problem, descent, reference, settings, missing)


def _settled(config: RunConfig, family: Family) -> RunConfig:
    """The configuration with the simulator that is meant where it names none.

    **Raises:** `ValueError` if it asks for a learned model of a family that has none.
    """
    has_model = family.models.default is not None or config.model is not None
    if config.simulator == "learned" and not has_model:
        raise ValueError(
            f"There is no learned model of {family.subject} yet, only the reference solver "
            "(`--simulator reference`)."
        )
    is_usual = config.model is not None or (has_model and family.models.is_usual)
    simulator = config.simulator or ("learned" if is_usual else "reference")
    return dataclasses.replace(config, simulator=simulator)


def _refuse_unknown(
    given: Mapping[str, Any], known: Mapping[str, Declared], found: FoundTask, family: Family
) -> None:
    for name in given:
        if name not in known:
            flags = [*found.declared.values(), *known.values()]
            said = ", ".join(f"`{each.flag}`" for each in flags) or "none"
            raise ValueError(
                f"`--{name.replace('_', '-')}` is no option of `{found.task.name}`, a task of "
                f"{family.subject}; it has {said}."
            )


def _simulator(
    config: RunConfig, family: Family, task: Task
) -> tuple[AbstractSimulator | None, Task, dict[str, Any]]:
    """The learned simulator, or `None` for the reference solver; the task under an ensemble."""
    if not config.learned:
        if config.model is not None:
            raise ValueError(
                f"`--model {config.model}` has no effect with `--simulator reference`; leave one "
                "out."
            )
        finer = {} if config.resolution == 1 else {"resolution": config.resolution}
        return None, task, {"model": None, "weights_sha256": None, **finer}
    if config.resolution > 1:
        raise ValueError(
            f"`--resolution {config.resolution}` is of the solver, and this search goes through a "
            "learned model; add `--simulator reference`."
        )
    model = config.model or family.models.default_for(task)
    assert model is not None  # `_settled` has seen to it
    names = model.split(",")
    found = [(name, *load_simulator(name, family)) for name in names]
    settings = _models((name, path) for name, _, path in found)
    members = [simulator for _, simulator, _ in found]
    if len(members) == 1:
        return members[0], task, settings
    return *family.models.together(members, task), settings


def _searched(
    task: Task, family: Family, resolution: int = 1
) -> tuple[AbstractSimulator, AbstractReference]:
    """What a search through the reference solver goes through, and the solver.

    **Arguments:** `resolution`: of what is searched through, in the usual one; the solver that has
    the last word stays as it is.

    **Raises:** `ValueError` if there is none, if it is a program that is not installed or whose
    frames nobody knows, or if it has no refinement.
    """
    dt = family.models.dt
    reference = family.make_solver(task, dt)
    if reference.simulator is None:
        reference = family.solver(task, dt)
    searched = reference if resolution == 1 else reference.refined(resolution)
    if searched.simulator is not None:
        return searched.simulator, reference
    return Consulted(searched, num_steps=task.num_steps, dt=dt), reference


def _with_lighter(problem: Problem, descent: AbstractDescent, family: Family) -> Problem:
    """The problem with the task's lighter version under the reference solver, if it has one."""
    lighter = problem.task.lighter
    if lighter is None:
        return problem
    simulator, _ = _searched(lighter.task, family)
    light = descent.problem(lighter.task, simulator, learned=False)
    light = dataclasses.replace(light, step_cost=lighter.cost)
    return dataclasses.replace(problem, lighter=light)


def _lighter(task: Task) -> dict[str, Any]:
    """What a run has to remember of the lighter version that its search may begin in."""
    if task.lighter is None:
        return {}
    return {"lighter_digest": task_digest(task.lighter.task), "lighter_cost": task.lighter.cost}


def _reference(
    task: Task, simulator: AbstractSimulator
) -> tuple[AbstractReference | None, str | None]:
    """The reference solver, or why there is none."""
    try:
        return reference_for(task, dt=simulator.dt), None
    except ValueError as error:
        return None, str(error)


def reference_for(task: Task, *, dt: float | None = None) -> AbstractReference:
    """The trusted solver of a task.

    **Arguments:** `dt`: seconds a frame; by default those of the family's models.

    **Raises:** `ValueError` if there is none for such scenes, or if it is not installed.
    """
    family = family_of(task)
    return family.solver(task, family.models.dt if dt is None else dt)


def load_simulator(model: str, family: Family | None = None) -> tuple[AbstractSimulator, Path]:
    """The simulator of a pretrained model's name or of a weights file, and the file.

    **Arguments:** `family`: that it has to be of; `None` for any.

    **Raises:** `ValueError` if there is no such model, if its file is broken, or if it is of
    another family.
    """
    path = _weights(model)
    load = load_model if model.endswith(SUFFIX) else load_pretrained
    simulator = load(model, partial(_build, model))
    if family is not None:
        other = family_of_header(read_hyperparameters(path))
        if other is not family:
            raise ValueError(
                f"`{model}` is a model of {other.subject}; this needs one of {family.subject}."
            )
    return simulator, path


def _build(model: str, header: dict[str, Any]) -> AbstractSimulator:
    try:
        return build_simulator(header)
    except (KeyError, TypeError, ValueError) as error:
        raise ValueError(
            f"`{model}` has hyper-parameters that this version cannot read ({error})."
        ) from error


def _weights(model: str) -> Path:
    """The file of a pretrained model's name, or the file itself."""
    if not model.endswith(SUFFIX):
        return find_model(model)[1]
    if not os.path.isfile(model):  # a name too long for a file is none, either
        raise ValueError(f"There is no weights file `{model}`.")
    return Path(model)


def weights_sha256(model: str | None) -> str | None:
    """What run directories remember of a model's weights; these are not loaded.

    **Raises:** `ValueError` if there is no such model or file.
    """
    if model is None:
        return None
    return _models((name, _weights(name)) for name in model.split(","))["weights_sha256"]


def _models(found: Iterable[tuple[str, Path]]) -> dict[str, Any]:
    """Names, or paths, and checksums of weights, as run directories remember them."""
    names, digests = [], []
    for name, path in found:
        names.append(str(path.resolve()) if name.endswith(SUFFIX) else name)
        digests.append(sha256(path))
    return {"model": ",".join(names), "weights_sha256": ",".join(digests)}
