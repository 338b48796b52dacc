"""An optimizer for a problem, by its name and a few settings."""

import dataclasses
from collections.abc import Mapping
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp

from ..._problem import Problem
from ..._types import Latent, Scalar
from ...optimizers import (
    AbstractConstrained,
    AugmentedLagrangian,
    MultiStart,
    Penalized,
    Raced,
    RandomDirection,
    Repaired,
    Then,
)
from ...optimizers._base import guided
from ._effort import KNOBS, Effort
from ._lightly import begun_lightly
from ._names import Optimizer, find_optimizer
from ._samplers import feasible_first


@dataclasses.dataclass(frozen=True)
class Contestant:
    """An optimizer with its name and a JSON-able mapping of its settings."""

    name: str
    optimizer: Optimizer
    settings: Mapping[str, Any] = dataclasses.field(default_factory=dict)


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
    if not effort.rate > 0:
        raise ValueError(f"`--learning-rate` must be above 0, got {effort.rate:g}.")
    if effort.population is not None and effort.population < 1:
        raise ValueError(f"`--population` must be at least 1, got {effort.population}.")
    settings: dict[str, Any] = {
        key: value for key, value in dataclasses.asdict(effort).items() if key in KNOBS
    }
    if effort.std is None:
        del settings["std"]  # as in runs from before there was such a knob
    elif not effort.std > 0:
        raise ValueError(f"`--std` must be above 0, got {effort.std:g}.")
    effort = dataclasses.replace(effort, learning_rate=effort.rate / _unit(problem))
    optimizer = begun_lightly(entry.build, problem, effort)
    if problem.task.constraints:
        optimizer = _honoring(optimizer, problem)
    if entry.control:
        optimizer = _control(optimizer, problem)
    return Contestant(name, optimizer, settings)


def _honoring(optimizer: Optimizer, problem: Problem) -> Any:
    """The optimizer with constraints: multipliers for a descent; for sampling they come first.

    An equality is a penalty on samples, of which next to none meets it.
    """
    if isinstance(optimizer, AbstractConstrained | Raced | Repaired):
        return optimizer
    if isinstance(optimizer, Then):
        first, second = (_honoring(x, problem) for x in (optimizer.first, optimizer.second))
        return dataclasses.replace(optimizer, first=first, second=second)
    if isinstance(optimizer, MultiStart):
        inner = _honoring(optimizer.optimizer, problem)
        return dataclasses.replace(optimizer, optimizer=inner)
    equality = problem.constraints.equality
    if optimizer.order == 1:
        return AugmentedLagrangian(optimizer=optimizer, equality=equality)
    if any(equality):
        return Penalized(optimizer=optimizer, equality=equality)
    return feasible_first(optimizer, problem)


def _control(optimizer: Optimizer, problem: Problem) -> Optimizer:
    """The same search, told of random directions in place of gradients."""
    if isinstance(optimizer, Then):
        first, second = (_control(x, problem) for x in (optimizer.first, optimizer.second))
        return dataclasses.replace(optimizer, first=first, second=second)
    if isinstance(optimizer, Raced):  # which stays the outermost
        return dataclasses.replace(optimizer, optimizer=_control(optimizer.optimizer, problem))
    if optimizer.order == 0 and not guided(optimizer):
        return optimizer
    still = jax.eval_shape(problem.missed, problem.task.space.initial())
    return RandomDirection(optimizer, simulated=len(problem.constraints) - still.size)


def _unit(problem: Problem) -> float:
    """How far a step of one latent unit moves a parameter of the initial design (rms)."""
    space = problem.task.space

    def parameters(latent: Any) -> Any:
        return getattr(space.decode(latent), "parameters", latent)

    @eqx.filter_jit
    def moved(initial: Latent) -> Scalar:
        slopes = jax.jacfwd(parameters)(initial)
        return jnp.sqrt(jnp.mean(jnp.sum(slopes**2, axis=1)))

    return max(float(moved(space.initial())), 1e-12)
