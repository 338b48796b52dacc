"""Names to simulators: `learned` with a model's name or file, or `reference`."""

import dataclasses
import enum
from pathlib import Path
from typing import Annotated, Any

import typer

from .._adjoint import AbstractAdjoint, CheckpointAdjoint, ClippedAdjoint
from .._problem import Problem
from .._simulator import AbstractSimulator
from .._task import Task
from ..io import find_model, load_model, load_pretrained, sha256
from ..objectives import Cautious
from ..simulators import Ensemble, FoilSimulator, ParticleSimulator
from ..studies import default_reference
from ..training import build_simulator


class Kind(enum.StrEnum):
    """What a command simulates with."""

    LEARNED = "learned"
    REFERENCE = "reference"


_SUFFIX = ".safetensors"
# What a value with its gradient costs, in values alone; measured, see the README's benchmarks.
GRADIENT_COST = {Kind.LEARNED: 4.0, Kind.REFERENCE: 5.0}
# Largest gradient a particle passes back a step; 0 for the exact gradient. Splashing water
# amplifies what passes back through it, in the solver, too: a few particles would drown the rest.
LIMIT = 0.03

SimulatorOption = Annotated[
    Kind, typer.Option("--simulator", help="Descend through the learned model or the solver.")
]
ModelOption = Annotated[
    str,
    typer.Option(
        "--model",
        help="A pretrained model's name, or a .safetensors file; several, separated by commas, are "
        "an ensemble whose disagreement is a penalty.",
    ),
]
LimitOption = Annotated[
    float | None,
    typer.Option(
        "--gradient-limit",
        help="Largest gradient a particle passes back a step, 0 for the exact gradient; "
        f"{LIMIT} by default.",
    ),
]


@dataclasses.dataclass(frozen=True)
class Chosen:
    """A simulator with what a run directory has to remember of it.

    `aversion`: the price on what the members of an ensemble disagree about.
    """

    simulator: AbstractSimulator
    reference: AbstractSimulator
    settings: dict[str, Any]
    adjoint: AbstractAdjoint
    gradient_cost: float
    aversion: float = 1.0

    def problem(self, task: Task) -> Problem:
        """The task under this simulator; under an ensemble what it disagrees about costs."""
        if isinstance(self.simulator, Ensemble):
            number = len(self.simulator.members)
            objective = Cautious(task.objective, number, self.aversion)
            task = dataclasses.replace(task, objective=objective)
        return Problem(task, self.simulator, self.adjoint, self.gradient_cost)


def load_simulator(model: str) -> tuple[ParticleSimulator | FoilSimulator, Path]:
    """The simulator of a pretrained model's name or of a weights file, and the file.

    **Raises:** `ValueError` if there is no such model, or if its file is broken.
    """
    if model.endswith(_SUFFIX):
        if not Path(model).is_file():
            raise ValueError(f"There is no weights file `{model}`.")
        return load_model(model, _build(model)), Path(model)
    return load_pretrained(model, _build(model)), find_model(model)[1]


def load_learned(model: str) -> tuple[ParticleSimulator, Path]:
    """As `load_simulator`, of a simulator of water.

    **Raises:** `ValueError`, too, if the model is of another kind.
    """
    simulator, path = load_simulator(model)
    if not isinstance(simulator, ParticleSimulator):
        raise ValueError(f"`{model}` is no model of water but of sections.")
    return simulator, path


def _build(model: str):
    def build(header: dict[str, Any]) -> ParticleSimulator | FoilSimulator:
        try:
            return build_simulator(header)
        except (KeyError, TypeError) as error:
            raise ValueError(
                f"`{model}` has hyper-parameters that this version cannot read ({error})."
            ) from error

    return build


def choose(kind: Kind, model: str, task: Task, *, limit: float | None = None) -> Chosen:
    """The simulator to descend through and the reference solver of a task.

    **Raises:** `ValueError` if the model is unknown or broken, or `limit` is negative.
    """
    limit = LIMIT if limit is None else limit
    if not limit >= 0:
        raise ValueError(f"`--gradient-limit` must be 0 or above, got {limit:g}.")
    if kind is Kind.REFERENCE:
        solver = default_reference(task)
        settings: dict[str, Any] = {"model": None, "weights_sha256": None}
        chosen: AbstractSimulator = solver
    else:
        found = [load_learned(name) for name in model.split(",")]
        members = [simulator for simulator, _ in found]
        chosen = members[0] if len(members) == 1 else Ensemble(members)
        solver = default_reference(task, dt=chosen.dt)
        names = [
            str(path.resolve()) if name.endswith(_SUFFIX) else name
            for name, (_, path) in zip(model.split(","), found, strict=True)
        ]
        digests = [sha256(path) for _, path in found]
        settings = {"model": ",".join(names), "weights_sha256": ",".join(digests)}
    cost = GRADIENT_COST[kind]
    settings = {"simulator": kind.value, **settings, "gradient_limit": limit, "gradient_cost": cost}
    adjoint = ClippedAdjoint(limit) if limit > 0 else CheckpointAdjoint(segment=1)
    return Chosen(chosen, solver, settings, adjoint, cost)
