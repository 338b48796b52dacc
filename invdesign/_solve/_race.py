"""How much of a population is simulated on how many conditions."""

import equinox as eqx
import jax
import jax.numpy as jnp

from .._constraints import ConstraintEntries
from .._evaluation import Evaluation
from .._results import first_failure
from .._types import Array, Int, Latents
from ..optimizers import AbstractOptimizer, Raced
from ._evaluate import Summary, evaluate_through, summarize
from ._problem_like import ProblemLike

Indices = Int[Array, " promising"]


def num_promising(
    problem: ProblemLike, optimizer: AbstractOptimizer, population: int
) -> int | None:
    """How many candidates are evaluated on all conditions; `None` for all, without a race."""
    if not isinstance(optimizer, Raced) or optimizer.promising >= population:
        return None
    return optimizer.promising if num_conditions(problem) > 1 else None


def check_race(problem: ProblemLike, optimizer: AbstractOptimizer) -> None:
    """Whether a problem's conditions can be evaluated one by one, if an optimizer wants that.

    **Raises:** `ValueError` if not.
    """
    if not isinstance(optimizer, Raced):
        return
    simulated = [c.name for c in getattr(problem.task, "constraints", ()) if c.simulated]
    if simulated:
        raise ValueError(
            f"`Raced` cannot evaluate a part of the conditions where constraints look at all of "
            f"them, as `{simulated[0]}` does; leave `Raced` out."
        )


def steps_of(problem: ProblemLike, optimizer: AbstractOptimizer, population: int) -> int:
    """Simulator steps of one iteration."""
    promising = num_promising(problem, optimizer, population)
    if promising is None:
        return problem.steps_per_evaluation * population
    number = num_conditions(problem)
    return problem.steps_per_evaluation // number * (population + promising * (number - 1))


def evaluate_race(
    problem: ProblemLike,
    optimizer: AbstractOptimizer,
    latents: Latents,
    chunk: int,
    entries: ConstraintEntries,
    turn: int,
) -> tuple[Evaluation, Summary]:
    """Evaluate what an optimizer asks for on as many conditions as it wants.

    **Arguments:** `turn`: of the conditions; the iteration.
    """
    evaluate, order = evaluate_through.get(), optimizer.order
    promising = num_promising(problem, optimizer, len(latents))
    if promising is None:
        return evaluate(problem, latents, order, chunk, entries)
    number = num_conditions(problem)
    now, *others = ((turn + i) % number for i in range(number))
    first, _ = evaluate(problem, latents, order, chunk, entries, (now,))
    chosen = _promising(first, entries, promising)
    rest, _ = evaluate(problem, latents[chosen], order, chunk, entries, tuple(others))
    return _merged(latents, first, rest, chosen, entries, number)


@eqx.filter_jit
def _promising(first: Evaluation, entries: ConstraintEntries, number: int) -> Indices:
    """The best candidates on one condition: those that meet the constraints before others."""
    missed = jnp.maximum(jax.vmap(entries.worst)(first.constraints), 1.0)  # 1 counts as met
    failed = first.result != 0
    return jnp.lexsort((first.value, jnp.where(failed, jnp.inf, missed)))[:number]


@eqx.filter_jit
def _merged(
    latents: Latents,
    first: Evaluation,
    rest: Evaluation,
    chosen: Indices,
    entries: ConstraintEntries,
    number: int,
) -> tuple[Evaluation, Summary]:
    """Means over the conditions that candidates were evaluated on, one or all of `number`."""

    def mean(one: Array, others: Array) -> Array:
        return one.at[chosen].set((one[chosen] + (number - 1) * others) / number)

    shown = [(e.value, e.score, e.grad) for e in (first, rest)]
    value, score, grad = jax.tree.map(mean, *shown)
    # The rest stays behind: on an easy condition it would outdo the mean over all.
    complete = jnp.zeros(value.shape, bool).at[chosen].set(True)
    behind = first.value + jnp.max(value[chosen]) - jnp.max(first.value[chosen])
    value = jnp.where(complete | ~jnp.isfinite(behind), value, behind)
    result = first.result.at[chosen].set(jax.vmap(first_failure)(first.result[chosen], rest.result))
    evaluation = Evaluation(value, grad, score, first.constraints, first.jacobian, result)
    return evaluation, summarize(latents, evaluation, entries, complete)


def num_conditions(problem: ProblemLike) -> int:
    """How many conditions a value is the mean over; 1 for a problem that knows of none."""
    conditions = getattr(problem.task, "conditions", None)
    leaves = jax.tree.leaves(eqx.filter(conditions, eqx.is_array))
    return leaves[0].shape[0] if leaves else 1
