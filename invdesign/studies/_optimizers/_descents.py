"""Descents that a name chooses, for a problem."""

import optax

from ..._problem import Problem
from ...optimizers import (
    BFGS,
    LBFGS,
    SLSQP,
    Adam,
    CosineDecay,
    Coupled,
    MultiStart,
    Optax,
    Smoothed,
)
from ...spaces._product import places_of
from ._effort import Effort

_STARTS = 4
_SPREAD = 0.5  # of the starts, in latent units
_FALL = 0.05  # of a rate that decays: its last value over its first
_WIDTH = 0.5  # within which neighbors move together at first, of the tool's extent
_NARROWEST = 0.1  # the last width over the first
_NOISE = 0.2  # that a smoothed descent begins with, in latent units
# Of SLSQP, over the value: below it a learned simulator in single precision offers noise alone.
_FTOL = 1e-5


def adam(problem: Problem, effort: Effort, *, share: float = 1.0) -> Adam:
    """Adam that forgets a gradient that exploded after twenty iterations.

    `share`: of the run that is its own.
    """
    rate = effort.rate
    if effort.decay:
        return Adam(CosineDecay(rate, _FALL * rate, effort.gradients(problem, share)), b2=0.95)
    return Adam(rate, b2=0.95)


def coupled(problem: Problem, effort: Effort) -> Coupled:
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
    falling = CosineDecay(width, _NARROWEST * width, effort.gradients(problem, share))
    return Coupled(adam(problem, effort), places, falling)


def smoothed(problem: Problem, effort: Effort) -> Smoothed:
    """Adam beside whose point gradients are taken, in the end at it."""
    noise = _NOISE if effort.noise is None else effort.noise
    steps = effort.gradients(problem, 1.0)
    return Smoothed(adam(problem, effort), CosineDecay(noise, 0.0, steps))


def multistart(problem: Problem, effort: Effort) -> MultiStart:
    """Adam from several starts around the initial design, which share the budget."""
    starts = _STARTS if effort.population is None else effort.population
    return MultiStart(adam(problem, effort, share=1 / starts), starts, std=_SPREAD)


def sgd(problem: Problem, effort: Effort) -> Optax:
    """Steps along the gradient, of a norm of at most 1, with momentum."""
    steps = optax.sgd(effort.rate, momentum=0.9)
    return Optax(optax.chain(optax.clip_by_global_norm(1.0), steps))


def lbfgs(problem: Problem, effort: Effort) -> LBFGS:
    """Optimistix' L-BFGS, whose first step is as long as one of Adam."""
    return LBFGS(first_step=effort.rate)


def bfgs(problem: Problem, effort: Effort) -> BFGS:
    """Optimistix' BFGS, whose first step is as long as one of Adam."""
    return BFGS(first_step=effort.rate)


def slsqp(problem: Problem, effort: Effort) -> SLSQP:
    """SciPy's SLSQP, which honours constraints on what is simulated as well."""
    return SLSQP(problem.constraints.equality, ftol=_FTOL)
