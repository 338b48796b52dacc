"""Names to simulators: `learned` with a model's name or file, or `reference`."""

import dataclasses
import enum
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Any

import equinox as eqx
import typer

from .._adjoint import AbstractAdjoint, CheckpointAdjoint, ClippedAdjoint, DirectAdjoint
from .._problem import Problem, num_conditions
from .._simulator import AbstractSimulator
from .._task import Task
from ..io import find_model, load_model, load_pretrained, sha256
from ..objectives import Cautious, CloseToData
from ..reference import AbstractReference, find_openfoam
from ..scenes import FoilScene
from ..simulators import ElasticSimulator, Ensemble, FoilSimulator, ParticleSimulator
from ..studies import default_reference
from ..studies._picture import first_scene
from ..training import build_simulator
from ..training._model import LearnedSimulator
from ._options import SUFFIX, as_model, number


class Kind(enum.StrEnum):
    """What a command simulates with."""

    LEARNED = "learned"
    REFERENCE = "reference"


# What a value with its gradient costs, in values alone; measured, see the README's benchmarks.
GRADIENT_COST = {Kind.LEARNED: 4.0, Kind.REFERENCE: 5.0}
# The same for sections, for drag and for each lift to be met: 3.0 with one, 6.0 with three.
FOIL_GRADIENT_COST = 1.5
# Largest gradient a particle passes back a step; 0 for the exact gradient. Splashing water
# amplifies what passes back through it, in the solver, too: a few particles would drown the rest.
LIMIT = 0.03

SimulatorOption = Annotated[
    Kind, typer.Option("--simulator", help="Descend through the learned model or the solver.")
]
ModelOption = Annotated[
    str | None,
    typer.Option(
        "--model",
        parser=as_model,
        metavar="TEXT",
        help="A pretrained model's name, or a .safetensors file; several, separated by commas, are "
        "an ensemble whose disagreement is a penalty. By default `water2d` for water and `airfoil` "
        "for sections.",
    ),
]
LimitOption = Annotated[
    float | None,
    typer.Option(
        "--gradient-limit",
        callback=number(least=0, most=1e6),
        help="Largest gradient a particle passes back a step, 0 for the exact gradient; "
        f"{LIMIT} by default.",
    ),
]
CloseOption = Annotated[
    float | None,
    typer.Option(
        "--max-distance",
        callback=number(least=1e-6, most=1e6),
        help="Keep designs within this distance of the data of a model of sections, which are "
        "themselves at 1 or so: a constraint.",
    ),
]


@dataclasses.dataclass(frozen=True)
class Chosen:
    """A simulator with what a run directory has to remember of it.

    `aversion`: the price on what the members of an ensemble disagree about; `max_distance`: how far
    designs may be from the model's data; `missing`: why there is no reference solver, if there is
    none.
    """

    simulator: AbstractSimulator
    reference: AbstractReference | None
    settings: dict[str, Any]
    adjoint: AbstractAdjoint
    gradient_cost: float
    aversion: float = 1.0
    max_distance: float | None = None
    missing: str | None = None

    @property
    def solver(self) -> AbstractReference:
        """The reference solver.

        **Raises:** `ValueError` saying how to get it, if it is not installed.
        """
        if self.reference is None:
            raise ValueError(self.missing)
        return self.reference

    def problem(self, task: Task) -> Problem:
        """The task under this simulator.

        Under an ensemble what it disagrees about costs; under a model with a largest distance to
        its data that is one more constraint.
        """
        if isinstance(self.simulator, Ensemble):
            number = len(self.simulator.members)
            objective = Cautious(task.objective, number, self.aversion)
            task = dataclasses.replace(task, objective=objective)
        if self.max_distance is not None:
            assert isinstance(self.simulator, FoilSimulator)
            close = CloseToData(
                distance=self.simulator.distance_to_data,
                build=task.build,
                conditions=task.conditions,
                limit=self.max_distance,
            )
            task = dataclasses.replace(task, constraints=(*task.constraints, close))
        return Problem(task, self.simulator, self.adjoint, self.gradient_cost)


def load_simulator(model: str) -> tuple[LearnedSimulator, Path]:
    """The simulator of a pretrained model's name or of a weights file, and the file.

    **Raises:** `ValueError` if there is no such model, or if its file is broken.
    """
    path = _weights(model)
    load = load_model if model.endswith(SUFFIX) else load_pretrained
    return load(model, _build(model)), path


def _weights(model: str) -> Path:
    """The file of a pretrained model's name, or the file itself."""
    if not model.endswith(SUFFIX):
        return find_model(model)[1]
    if not Path(model).is_file():
        raise ValueError(f"There is no weights file `{model}`.")
    return Path(model)


def weights_sha256(model: str | None) -> str | None:
    """What run directories remember of a model's weights; these are not loaded.

    **Raises:** `ValueError` if there is no such model or file.
    """
    if model is None:
        return None
    return _models((name, _weights(name)) for name in model.split(","))["weights_sha256"]


def load_learned(model: str) -> tuple[ParticleSimulator, Path]:
    """As `load_simulator`, of a simulator of water.

    **Raises:** `ValueError`, too, if the model is of another kind.
    """
    simulator, path = load_simulator(model)
    if not isinstance(simulator, ParticleSimulator):
        raise ValueError(f"`{model}` is a model of {_subject(simulator)}; this needs one of water.")
    return simulator, path


def load_foils(model: str) -> tuple[FoilSimulator, Path]:
    """As `load_simulator`, of a simulator of flows around sections.

    **Raises:** `ValueError`, too, if the model is of another kind.
    """
    simulator, path = load_simulator(model)
    if not isinstance(simulator, FoilSimulator):
        raise ValueError(
            f"`{model}` is a model of {_subject(simulator)}; this needs one of sections."
        )
    return simulator, path


def _subject(simulator: LearnedSimulator) -> str:
    """What a simulator is of, in words."""
    match simulator:
        case ParticleSimulator():
            return "water"
        case FoilSimulator():
            return "sections"
        case ElasticSimulator():
            return "elastic bodies"


def _build(model: str):
    def build(header: dict[str, Any]) -> LearnedSimulator:
        try:
            return build_simulator(header)
        except (KeyError, TypeError, ValueError) as error:
            raise ValueError(
                f"`{model}` has hyper-parameters that this version cannot read ({error})."
            ) from error

    return build


def is_foil(task: Task) -> bool:
    """Whether a task's scenes are flows around a section."""
    return isinstance(eqx.filter_eval_shape(first_scene, task, _initial(task)), FoilScene)


def _initial(task: Task) -> Any:
    return task.space.decode(task.space.initial())


def default_model(task: Task) -> str:
    """The pretrained model that a command takes for a task unless told otherwise."""
    return "airfoil" if is_foil(task) else "water2d"


def choose(
    kind: Kind,
    model: str | None,
    task: Task,
    *,
    limit: float | None = None,
    max_distance: float | None = None,
) -> Chosen:
    """The simulator to descend through and the reference solver of a task.

    **Arguments:** `model`: by default the one for the task's scenes; `max_distance`: of designs
    from its data.

    **Raises:** `ValueError` if the model is unknown or broken, something is given that has no
    effect here, or a solver that is no simulator is to be descended through.
    """
    if is_foil(task):
        if limit:
            raise ValueError(
                "`--gradient-limit` is for water; the gradient of sections is exact, leave it out."
            )
        return _choose_foil(kind, model or default_model(task), task, max_distance)
    if max_distance is not None:
        raise ValueError("`--max-distance` is for models of sections; those of water have none.")
    limit = LIMIT if limit is None else limit
    if kind is Kind.REFERENCE:
        if model is not None:
            raise ValueError(
                f"`--model {model}` has no effect with `--simulator reference`; leave one out."
            )
        solver = default_reference(task)
        assert solver.simulator is not None
        settings: dict[str, Any] = {"model": None, "weights_sha256": None}
        chosen: AbstractSimulator = solver.simulator
    else:
        found = [(name, *load_learned(name)) for name in (model or default_model(task)).split(",")]
        members = [simulator for _, simulator, _ in found]
        chosen = members[0] if len(members) == 1 else Ensemble(members)
        solver = default_reference(task, dt=chosen.dt)
        settings = _models((name, path) for name, _, path in found)
    cost = GRADIENT_COST[kind]
    settings = {"simulator": kind.value, **settings, "gradient_limit": limit, "gradient_cost": cost}
    adjoint = ClippedAdjoint(limit) if limit > 0 else CheckpointAdjoint(segment=1)
    return Chosen(chosen, solver, settings, adjoint, cost)


def _choose_foil(kind: Kind, model: str, task: Task, max_distance: float | None) -> Chosen:
    if kind is Kind.REFERENCE:
        raise ValueError(
            f"`{task.name}` has OpenFOAM as its reference solver, which cannot be descended "
            "through; leave `--simulator reference` out."
        )
    simulator, path = load_foils(model)
    cost = FOIL_GRADIENT_COST * (1 + num_conditions(task.conditions))
    settings = {"simulator": kind.value, **_models([(model, path)]), "gradient_cost": cost}
    if max_distance is not None:
        settings["max_distance"] = max_distance
    try:
        find_openfoam()
        solver, missing = default_reference(task), None
    except ValueError as error:
        solver, missing = None, str(error)
    # A single step has nothing to gain from being computed again.
    return Chosen(
        simulator,
        solver,
        settings,
        DirectAdjoint(),
        cost,
        max_distance=max_distance,
        missing=missing,
    )


def _models(found: Iterable[tuple[str, Path]]) -> dict[str, Any]:
    """Names, or paths, and checksums of weights, as run directories remember them."""
    names, digests = [], []
    for name, path in found:
        names.append(str(path.resolve()) if name.endswith(SUFFIX) else name)
        digests.append(sha256(path))
    return {"model": ",".join(names), "weights_sha256": ",".join(digests)}
