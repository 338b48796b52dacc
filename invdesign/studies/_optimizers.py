"""Names to optimizers; nowhere else does a string choose one."""

import dataclasses
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import jax
import jax.numpy as jnp
import optax

from .._problem import Problem
from .._simulator import AbstractSimulator
from .._task import Task
from ..io._manifest import unknown_name
from ..optimizers import (
    BFGS,
    CEM,
    CMAES,
    LBFGS,
    SLSQP,
    AbstractConstrained,
    AbstractOptimizer,
    Adam,
    AugmentedLagrangian,
    CosineDecay,
    Coupled,
    FeasibleFirst,
    MultiStart,
    Optax,
    Penalized,
    Raced,
    RandomSearch,
    Repair,
    Repaired,
    Smoothed,
    Then,
)
from ..spaces._product import places_of

Optimizer = AbstractOptimizer | Then
# Gradient steps a run takes by default; other methods get the same charged budget.
DEFAULT_ITERATIONS = 40
# The same where simulations have to meet constraints: multipliers are learned on the way.
CONSTRAINED_ITERATIONS = 100
KNOBS = ("learning_rate", "population", "elites")  # of a run's configuration
_STARTS = 4
_SPREAD = 0.5  # of the starts, in latent units
_FALL = 0.05  # of a rate that decays: its last value over its first
_WIDTH = 0.5  # within which neighbors move together at first, of the tool's extent
_NARROWEST = 0.1  # the last width over the first
_NOISE = 0.2  # that a smoothed descent begins with, in latent units
# First standard deviations of sampling methods in latent units. CMA-ES: the best of four in
# benchmarks/studies/tuning.py; CEM: level there with half of it at half the population.
_CEM_STD = 1.0
_CMAES_STD = 0.25
_POPULATION = 32  # of CEM
# The same where candidates are repaired: a repair from far away says little of where it began.
_NEAR_STD, _NEAR_POPULATION = 0.3, 16
_PART = 4  # one of so many candidates is promising, or near the best one
# Of SLSQP, over the value: below it a learned simulator in single precision offers noise alone.
_FTOL = 1e-5


@dataclasses.dataclass(frozen=True)
class Contestant:
    """An optimizer with its name and a JSON-able mapping of its settings."""

    name: str
    optimizer: AbstractOptimizer | Then
    settings: Mapping[str, Any] = dataclasses.field(default_factory=dict)


@dataclasses.dataclass(frozen=True)
class Effort:
    """How much a run may cost, and the few knobs a name leaves open.

    **Arguments:**

    - `steps`: iterations at most, or `None`.
    - `budget`: charged simulator steps at most, or `None`.
    - `learning_rate`: of gradient methods, in the design parameters' unit (radians for angles):
      how far one step may turn a joint; `None` for what suits the task's designs.
    - `decay`: whether the rate falls along half a cosine over the run.
    - `population`: candidates an iteration of sampling methods, starts of `multistart-adam`;
      `None` for each method's own.
    - `elites`: of `cem`; a quarter of the population by default.
    - `std`: first standard deviation of `cem` and `cmaes`, in latent units; `None` for each
      method's own.
    - `width`: within which `coupled-adam` moves neighbors together at first, over the tool's
      extent; `None` for its own.
    - `narrowing`: share of the run in which that width falls to a tenth; `None` for its own.
    - `noise`: standard deviation that `smoothed-adam` begins with, in latent units; `None` for
      its own.
    """

    steps: int | None = None
    budget: float | None = None
    learning_rate: float | None = None
    decay: bool = False
    population: int | None = None
    elites: int | None = None
    std: float | None = None
    width: float | None = None
    narrowing: float | None = None
    noise: float | None = None

    def iterations(self, cost: float) -> int:
        """How many iterations of `cost` charged steps fit."""
        limits = [self.steps] if self.steps is not None else []
        limits += [int(self.budget // cost)] if self.budget is not None else []
        return max(1, min(limits))


def default_optimizer(task: Task, simulator: AbstractSimulator | None = None) -> str:
    """The name of what a run searches with unless told otherwise.

    **Arguments:** `simulator`: that is searched through, if it may be one without gradients.
    """
    if task.constraints and not _bound(task):
        return "local-cmaes"
    if simulator is not None and simulator.without_gradient is not None:
        return "cmaes"
    if _bound(task):
        return "slsqp"
    return "adam" if places_of(task.space) is None else "coupled-adam"


def _bound(task: Task) -> bool:
    """Whether a task has constraints that only a simulation can tell."""
    return any(constraint.simulated for constraint in task.constraints)


def default_budget(problem: Problem) -> float:
    """The charged steps of the gradients that a run takes by default."""
    number = CONSTRAINED_ITERATIONS if _bound(problem.task) else DEFAULT_ITERATIONS
    return number * problem.gradient_cost * problem.steps_per_evaluation


def _rate(effort: Effort) -> float:
    assert effort.learning_rate is not None  # `contestant` has seen to it
    return effort.learning_rate


def _gradients(problem: Problem, effort: Effort, share: float) -> int:
    """How many gradients fit into a share of the run."""
    cost = problem.gradient_cost * problem.steps_per_evaluation
    return max(1, round(share * effort.iterations(cost)))


def _adam(problem: Problem, effort: Effort, *, share: float = 1.0) -> Adam:
    """Adam that forgets a gradient that exploded after twenty iterations.

    `share`: of the run that is its own.
    """
    rate = _rate(effort)
    if effort.decay:
        return Adam(CosineDecay(rate, _FALL * rate, _gradients(problem, effort, share)), b2=0.95)
    return Adam(rate, b2=0.95)


def _coupled(problem: Problem, effort: Effort) -> Coupled:
    """Adam that turns a tool as a whole first and each of its parts for itself in the end.

    **Raises:** `ValueError` if the task's parameters have no places.
    """
    space = problem.task.space
    places = places_of(space)
    if places is None:
        raise ValueError(
            "`coupled-adam` needs parameters that have neighbors, such as joints and rotors; those "
            f"of `{problem.task.name}` have none. Use `adam`."
        )
    width = _WIDTH if effort.width is None else effort.width
    share = space.narrowing if effort.narrowing is None else effort.narrowing
    falling = CosineDecay(width, _NARROWEST * width, _gradients(problem, effort, share))
    return Coupled(_adam(problem, effort), places, falling)


def _smoothed(problem: Problem, effort: Effort) -> Smoothed:
    """Adam beside whose point gradients are taken, in the end at it."""
    noise = _NOISE if effort.noise is None else effort.noise
    steps = _gradients(problem, effort, 1.0)
    return Smoothed(_adam(problem, effort), CosineDecay(noise, 0.0, steps))


def _multistart(problem: Problem, effort: Effort) -> MultiStart:
    starts = _STARTS if effort.population is None else effort.population
    return MultiStart(_adam(problem, effort, share=1 / starts), starts, std=_SPREAD)


def _sgd(problem: Problem, effort: Effort) -> Optax:
    steps = optax.sgd(_rate(effort), momentum=0.9)
    return Optax(optax.chain(optax.clip_by_global_norm(1.0), steps))


def _cem(problem: Problem, effort: Effort) -> CEM:
    population = _POPULATION if effort.population is None else effort.population
    elites = max(1, population // 4) if effort.elites is None else effort.elites
    return CEM(population, elites, initial_std=_CEM_STD if effort.std is None else effort.std)


def _cmaes(problem: Problem, effort: Effort) -> CMAES:
    own = 4 + int(3 * math.log(problem.task.space.size))  # Hansen's advice
    population = own if effort.population is None else effort.population
    return CMAES(population, initial_std=_CMAES_STD if effort.std is None else effort.std)


def _repaired(sampler: CEM | CMAES, problem: Problem, promising: int) -> AbstractOptimizer:
    """A sampler whose candidates are repaired, and raced over the conditions, where they can be."""
    optimizer: AbstractOptimizer = sampler
    missed = problem.missed
    if problem.task.constraints:
        optimizer = _feasible_first(optimizer, problem)
    if missed.constraints:
        optimizer = Repaired(optimizer=optimizer, repair=Repair(missed))
    if _bound(problem.task):
        return optimizer
    return Raced(optimizer=optimizer, promising=promising)


def _feasible_first(optimizer: AbstractOptimizer, problem: Problem) -> FeasibleFirst:
    entries = problem.constraints
    return FeasibleFirst(
        optimizer=optimizer, equality=entries.equality, tolerance=entries.tolerance
    )


def _local_cmaes(problem: Problem, effort: Effort) -> AbstractOptimizer:
    """CMA-ES that goes on near its best candidate meanwhile."""
    sampler = _cmaes(problem, effort)
    assert sampler.population is not None
    part = max(1, sampler.population // _PART)
    return _repaired(dataclasses.replace(sampler, local=part), problem, part)


def _raced_cmaes(problem: Problem, effort: Effort) -> AbstractOptimizer:
    sampler = _cmaes(problem, effort)
    assert sampler.population is not None
    return _repaired(sampler, problem, max(1, sampler.population // _PART))


def _raced_cem(problem: Problem, effort: Effort) -> AbstractOptimizer:
    population = _NEAR_POPULATION if effort.population is None else effort.population
    std = _NEAR_STD if effort.std is None else effort.std
    sampler = _cem(problem, dataclasses.replace(effort, population=population, std=std))
    return _repaired(sampler, problem, max(1, population // _PART))


def _halves(first: CEM | CMAES, problem: Problem, effort: Effort) -> Then:
    """Half of the run sampled, half descended."""
    assert first.population is not None
    steps = max(1, effort.iterations(first.population * problem.steps_per_evaluation) // 2)
    return Then(first, _adam(problem, effort, share=0.5), steps)


def _random(problem: Problem, effort: Effort) -> RandomSearch:
    population = 16 if effort.population is None else effort.population
    return RandomSearch(population, sample=problem.task.space.sample)


def _lbfgs(problem: Problem, effort: Effort) -> LBFGS:
    return LBFGS(first_step=_rate(effort))


def _bfgs(problem: Problem, effort: Effort) -> BFGS:
    return BFGS(first_step=_rate(effort))


def _slsqp(problem: Problem, effort: Effort) -> SLSQP:
    return SLSQP(problem.constraints.equality, ftol=_FTOL)


def _cem_adam(problem: Problem, effort: Effort) -> Then:
    return _halves(_cem(problem, effort), problem, effort)


def _cmaes_adam(problem: Problem, effort: Effort) -> Then:
    return _halves(_cmaes(problem, effort), problem, effort)


@dataclasses.dataclass(frozen=True)
class Entry:
    """An optimizer that a name chooses.

    **Arguments:** `build`: makes it for a problem; `options`: that it honours, `gradient` standing
    for all that concern gradients alone.
    """

    build: Callable[[Problem, Effort], Optimizer]
    options: frozenset[str]


_GRADIENT = frozenset({"gradient"})
_DESCENT = _GRADIENT | {"learning_rate"}
_SAMPLING = frozenset({"population"})
_ELITIST = _SAMPLING | {"elites"}

OPTIMIZERS: Mapping[str, Entry] = {
    "adam": Entry(_adam, _DESCENT),
    "coupled-adam": Entry(_coupled, _DESCENT),
    "smoothed-adam": Entry(_smoothed, _DESCENT),
    "sgd": Entry(_sgd, _DESCENT),
    "lbfgs": Entry(_lbfgs, _DESCENT),
    "bfgs": Entry(_bfgs, _DESCENT),
    "slsqp": Entry(_slsqp, _GRADIENT),
    "local-cmaes": Entry(_local_cmaes, _SAMPLING),
    "raced-cmaes": Entry(_raced_cmaes, _SAMPLING),
    "raced-cem": Entry(_raced_cem, _ELITIST),
    "cem": Entry(_cem, _ELITIST),
    "cmaes": Entry(_cmaes, _SAMPLING),
    "random": Entry(_random, _SAMPLING),
    "multistart-adam": Entry(_multistart, _DESCENT | _SAMPLING),
    "cem-adam": Entry(_cem_adam, _DESCENT | _ELITIST),
    "cmaes-adam": Entry(_cmaes_adam, _DESCENT | _SAMPLING),
}


def find_optimizer(name: str) -> Entry:
    """The entry of a name.

    **Raises:** `ValueError` with the nearest names if there is no such optimizer.
    """
    if name not in OPTIMIZERS:
        raise ValueError(unknown_name("optimizer", name, OPTIMIZERS))
    return OPTIMIZERS[name]


def refuse_unused(names: Sequence[str], **given: Any) -> None:
    """Refuse options that none of the optimizers honours.

    **Arguments:** `given`: options by name, `None` where they were left out.

    **Raises:** `ValueError` naming the option, or as `find_optimizer` does.
    """
    honored = frozenset().union(*(find_optimizer(name).options for name in names))
    for option, value in given.items():
        if value is None or option in honored:
            continue
        _refuse_without_effect(option, option, names)


def refuse_without_gradient(names: Sequence[str], options: Iterable[str]) -> None:
    """Refuse options that concern gradients alone where no optimizer takes any.

    **Raises:** `ValueError` naming the option.
    """
    if not any("gradient" in find_optimizer(name).options for name in names):
        for option in options:
            _refuse_without_effect(option, "gradient", names)


def _refuse_without_effect(option: str, kind: str, names: Sequence[str]) -> None:
    able = ", ".join(name for name, entry in OPTIMIZERS.items() if kind in entry.options)
    chosen = ", ".join(f"`{name}`" for name in names)
    raise ValueError(
        f"`--{option.replace('_', '-')}` has no effect on {chosen}; leave it out, or take one "
        f"of {able}."
    )


def contestant(name: str, problem: Problem, effort: Effort) -> Contestant:
    """The optimizer of a name, with the settings that a run directory has to remember.

    **Raises:** `ValueError` with the nearest names if there is no such optimizer, if a setting is
    out of its range, or if it needs gradients that there are none of.
    """
    entry = find_optimizer(name)
    reason = problem.without_gradient
    if reason is not None and "gradient" in entry.options:
        raise ValueError(f"`{name}` needs gradients, and {reason}; use cmaes, cem or random.")
    if effort.learning_rate is None:
        effort = dataclasses.replace(effort, learning_rate=problem.task.space.step)
    if not _rate(effort) > 0:
        raise ValueError(f"`--learning-rate` must be above 0, got {_rate(effort):g}.")
    if effort.population is not None and effort.population < 1:
        raise ValueError(f"`--population` must be at least 1, got {effort.population}.")
    settings: dict[str, Any] = {
        key: value for key, value in dataclasses.asdict(effort).items() if key in KNOBS
    }
    effort = dataclasses.replace(effort, learning_rate=_rate(effort) / _unit(problem))
    optimizer = entry.build(problem, effort)
    if problem.task.constraints:
        optimizer = _honoring(optimizer, problem)
    return Contestant(name, optimizer, settings)


def _honoring(optimizer: Optimizer, problem: Problem) -> Any:
    """The optimizer with constraints: multipliers for a descent; for sampling they come first.

    An equality is a penalty on samples, of which next to none meets it.
    """
    if isinstance(optimizer, AbstractConstrained | Raced | Repaired):
        return optimizer
    if isinstance(optimizer, Then):
        first = _honoring(optimizer.first, problem)
        return Then(first, _honoring(optimizer.second, problem), optimizer.steps)
    if isinstance(optimizer, MultiStart):
        inner = _honoring(optimizer.optimizer, problem)
        return dataclasses.replace(optimizer, optimizer=inner)
    equality = problem.constraints.equality
    if optimizer.order == 1:
        return AugmentedLagrangian(optimizer=optimizer, equality=equality)
    if any(equality):
        return Penalized(optimizer=optimizer, equality=equality)
    return _feasible_first(optimizer, problem)


def _unit(problem: Problem) -> float:
    """How far a step of one latent unit moves a parameter of the initial design (rms)."""
    space = problem.task.space

    def parameters(latent: Any) -> Any:
        return getattr(space.decode(latent), "parameters", latent)

    slopes = jax.jacfwd(parameters)(space.initial())
    return max(float(jnp.sqrt(jnp.mean(jnp.sum(slopes**2, axis=1)))), 1e-12)
