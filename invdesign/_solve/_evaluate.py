"""One compiled evaluation of a whole population."""

from collections.abc import Callable
from contextvars import ContextVar
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
from jax import lax

from .._constraints import ConstraintEntries
from .._evaluation import Evaluation
from .._results import RESULTS
from .._types import Array, Bool, Code, Float, Int, Latent, Latents, Scalar


class Summary(eqx.Module):
    """What the host is told about an iteration: all that crosses from the device.

    **Arguments:**

    - `latent`, `value`, `score`, `gradient_norm`, `constraints`: of the best candidate: the lowest
      value of those that meet the constraints, or the least violation; the norm is NaN without
      gradients, and of the champion where only that is differentiated.
    - `violation`: its largest violation of a constraint, over the tolerance; 0 without constraints.
    - `largest_gradient_norm`: over the population.
    - `result`, `num_failed`: `RESULTS` code of the first failed candidate, and their number.
    - `overflow`: whether any candidate needs more capacity.
    """

    latent: Latent
    value: Scalar
    score: Scalar
    gradient_norm: Scalar
    constraints: Float[Array, " constraint"]
    violation: Scalar
    largest_gradient_norm: Scalar
    result: Code
    num_failed: Int[Array, ""]
    overflow: Bool[Array, ""]


def population(
    problem: Any, latents: Latents, order: int, chunk: int, which: Int[Array, " condition"] | None
) -> Evaluation:
    """The evaluation of each latent, failures as they come."""
    chosen = {}
    if which is not None:
        chosen = {"conditions": jax.tree.map(lambda x: x[which], problem.task.conditions)}

    def one(latent):
        return problem.evaluate(latent, order=order, **chosen)

    size = latents.shape[0]
    if size == 1:  # without a `vmap`, which can cost several times a plain evaluation
        return jax.tree.map(lambda x: x[None], one(latents[0]))
    if chunk == 1:
        return lax.map(one, latents)
    if chunk >= size:
        return jax.vmap(one)(latents)
    return _in_chunks(jax.vmap(one), latents, chunk)


def _in_chunks(many: Callable[[Latents], Any], latents: Latents, chunk: int) -> Any:
    # `lax.map` can chunk by itself, but not where a leaf is empty, as without constraints.
    size, width = latents.shape
    number = -(-size // chunk)
    filler = jnp.broadcast_to(latents[-1:], (number * chunk - size, width))
    padded = jnp.concatenate([latents, filler]).reshape(number, chunk, width)
    out = lax.map(many, padded)
    return jax.tree.map(lambda x: x.reshape(number * chunk, *x.shape[2:])[:size], out)


def mark_failures(evaluation: Evaluation) -> Evaluation:
    """Failed candidates get the value `+inf`, no gradient, and a reason if they had none."""
    value, grad, result = evaluation.value, evaluation.grad, evaluation.result
    broken = jnp.where(jnp.isfinite(value), 0, int(RESULTS.nonfinite_objective))
    if grad is not None:
        usable = jnp.isfinite(grad).all(axis=1)
        broken = jnp.where((broken == 0) & ~usable, int(RESULTS.nonfinite_gradient), broken)
    result = jnp.where(result == 0, broken.astype(result.dtype), result)
    failed = result != 0
    marked = (jnp.where(failed, jnp.inf, value), result)
    evaluation = eqx.tree_at(lambda e: (e.value, e.result), evaluation, marked)
    if grad is None:
        return evaluation
    return eqx.tree_at(lambda e: e.grad, evaluation, jnp.where(failed[:, None], 0.0, grad))


def summarize(
    latents: Latents,
    evaluation: Evaluation,
    entries: ConstraintEntries,
    eligible: Bool[Array, " pop"] | None = None,
) -> Summary:
    """What the host is told; only candidates that are `eligible`, by default all, can be best."""
    failed = evaluation.result != 0
    violation = jax.vmap(entries.worst)(evaluation.constraints)
    missed = jnp.where(failed, jnp.inf, jnp.maximum(violation, 1.0))  # 1 counts as met
    if eligible is not None:
        missed = jnp.where(eligible, missed, jnp.inf)
        evaluation = eqx.tree_at(
            lambda e: e.value, evaluation, jnp.where(eligible, evaluation.value, jnp.inf)
        )
    best = jnp.argmin(jnp.where(missed == missed.min(), evaluation.value, jnp.inf))
    norms = jnp.full_like(evaluation.value, jnp.nan)
    if evaluation.grad is not None:
        norms = jnp.linalg.norm(evaluation.grad, axis=1)
    return Summary(
        latent=latents[best],
        value=evaluation.value[best],
        score=evaluation.score[best],
        gradient_norm=norms[best],
        constraints=evaluation.constraints[best],
        violation=violation[best],
        largest_gradient_norm=norms.max(),
        result=evaluation.result[jnp.argmax(failed)],
        num_failed=failed.sum(),
        overflow=(evaluation.result == int(RESULTS.capacity_exceeded)).any(),
    )


Which = tuple[int, ...] | None


def evaluate_population(
    problem: Any,
    latents: Latents,
    order: int,
    chunk: int,
    entries: ConstraintEntries,
    which: Which = None,
) -> tuple[Evaluation, Summary]:
    """Evaluate `latents`, `chunk` candidates at a time, and sum up the outcome.

    The problem is an argument, so that its arrays are not baked in and a second run of the same
    shape compiles nothing.

    **Arguments:** `which`: the numbers of the conditions that count, `None` for all.
    """
    return _one_population(problem, latents, order, chunk, entries, indices(which))


def indices(which: Which) -> Int[Array, " condition"] | None:
    """As an array, so that other conditions compile nothing."""
    return None if which is None else jnp.asarray(which, jnp.int32)


@eqx.filter_jit
def _one_population(
    problem: Any,
    latents: Latents,
    order: int,
    chunk: int,
    entries: ConstraintEntries,
    which: Int[Array, " condition"] | None,
) -> tuple[Evaluation, Summary]:
    evaluation = mark_failures(population(problem, latents, order, chunk, which))
    return evaluation, summarize(latents, evaluation, entries)


Evaluate = Callable[..., tuple[Evaluation, Summary]]  # called as `evaluate_population`

# What `solve` evaluates populations with; whoever makes several runs side by side sets another.
evaluate_through: ContextVar[Evaluate] = ContextVar("evaluate_through", default=evaluate_population)
