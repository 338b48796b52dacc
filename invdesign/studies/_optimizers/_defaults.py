"""What a run searches with, and for how long, unless told otherwise."""

import equinox as eqx
import jax
import jax.numpy as jnp

from ..._problem import Missed, Problem
from ..._simulator import AbstractSimulator
from ..._task import Task
from ..._types import Latents, Scalar
from ...spaces._product import places_of

# Gradient steps a run takes by default; other methods get the same charged budget.
DEFAULT_ITERATIONS = 40
# The same where simulations have to meet constraints: multipliers are learned on the way.
CONSTRAINED_ITERATIONS = 100
# Gradients in the lighter version of a task, where it has one, for each of the task's own.
LIGHT = 4
# Standard deviation of designs about the first one, in latent units, where a search looks around.
LOOK_AROUND_STD = 0.5
_LOOKED_AT = 64


def default_optimizer(task: Task, simulator: AbstractSimulator | None = None) -> str:
    """The name of what a run searches with unless told otherwise.

    **Arguments:** `simulator`: that is searched through, if it may be one without gradients.
    """
    if task.constraints and not bound(task):
        return "local-cmaes" if hemmed_in(task) else "raced-cmaes"
    if simulator is not None and simulator.without_gradient is not None:
        return "cmaes"
    if bound(task):
        return "slsqp"
    if places_of(task.space) is None:
        return "cmaes-adam" if task.has_valleys else "adam"
    return "modes-cmaes-adam" if task.has_valleys else "coupled-adam"


def hemmed_in(task: Task) -> bool:
    """Whether designs about the first one may miss constraints that need no simulation.

    A constraint or a space that raises counts as missed: the checks of a problem name it.
    """
    still = tuple(constraint for constraint in task.constraints if not constraint.simulated)
    try:
        initial = task.space.initial()
        ways = jax.random.normal(jax.random.key(0), (_LOOKED_AT, initial.size), initial.dtype)
        about = initial[None] + LOOK_AROUND_STD * ways
        return bool(_worst(Missed(task.space, still), about) > 1)  # up to 1 counts as met
    except Exception:
        return True


@eqx.filter_jit
def _worst(missed: Missed, latents: Latents) -> Scalar:
    return jnp.max(jax.vmap(missed)(latents), initial=0.0)


def bound(task: Task) -> bool:
    """Whether a task has constraints that only a simulation can tell."""
    return any(constraint.simulated for constraint in task.constraints)


def default_budget(problem: Problem) -> float:
    """The charged steps of the gradients that a run takes by default.

    Where a descent begins in the lighter version of the task, so many are those there. Where a
    valley has to be found before it is descended, the same again.
    """
    number = CONSTRAINED_ITERATIONS if bound(problem.task) else DEFAULT_ITERATIONS
    number *= 2 if problem.task.has_valleys else 1
    if problem.lighter is None:
        return number * price(problem)
    return number / LIGHT * turn_price(problem, problem.lighter)


def price(problem: Problem) -> float:
    """Charged steps of a gradient."""
    return problem.gradient_cost * problem.steps_per_evaluation * problem.step_cost


def turn_price(problem: Problem, lighter: Problem) -> float:
    """The same of one gradient and those in the lighter version that go with it."""
    return price(problem) + LIGHT * price(lighter)
