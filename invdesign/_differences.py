"""Gradients from values alone."""

from typing import Any, Literal

import equinox as eqx
import jax
import jax.numpy as jnp

from ._checks import checked_kind, checked_number
from ._constraints import ConstraintEntries
from ._evaluation import Evaluation
from ._problem import Problem
from ._simulator import AbstractSimulator
from ._task import Task
from ._types import Array, Latent


class FiniteDifferences(eqx.Module):
    r"""A problem whose gradients are central differences of its values along every latent axis.

    $$\partial_i f \approx \frac{f(z + h e_i) - f(z - h e_i)}{2h}$$

    For simulators that nothing differentiates through, such as `External` without a `vjp` or a
    reference solver; `solve` takes it in the place of a `Problem`. A gradient costs two evaluations
    a number of the latent, and is charged so; all are asked for together. Where one of them fails,
    the evaluation fails with its reason.

    **Arguments:** `problem`: what is evaluated; `step`: $h$ in latent units, above 0: large
    against the solver's noise, small against what the value bends over.

    **Raises:** `ValueError` for another kind of problem, or a step that is not above 0.
    """

    problem: Problem
    step: float = eqx.field(static=True, default=1e-2)

    def __check_init__(self):
        checked_kind(self.problem, Problem, "a problem", "FiniteDifferences")
        checked_number(self.step, "step", "FiniteDifferences", above=0)

    @property
    def task(self) -> Task:
        """The problem's."""
        return self.problem.task

    @property
    def simulator(self) -> AbstractSimulator:
        """The problem's."""
        return self.problem.simulator

    @property
    def constraints(self) -> ConstraintEntries:
        """The problem's."""
        return self.problem.constraints

    @property
    def steps_per_evaluation(self) -> int:
        """The problem's."""
        return self.problem.steps_per_evaluation

    @property
    def gradient_cost(self) -> float:
        """Evaluations of a value with its gradient."""
        return 1.0 + 2.0 * self.task.space.size

    def check(self, latent: Latent) -> tuple[str, ...]:
        """As the problem."""
        return self.problem.check(latent)

    def evaluate(self, latent: Latent, *, order: Literal[0, 1]) -> Evaluation:
        """As the problem; values beside the latent for `order` 1."""
        if order == 0:
            return self.problem.evaluate(latent, order=0)
        here, shifts = latent[None], self.step * jnp.eye(latent.size, dtype=latent.dtype)
        latents = jnp.concatenate([here, here + shifts, here - shifts])
        found = jax.vmap(lambda z: self.problem.evaluate(z, order=0))(latents)
        first = jax.tree.map(lambda x: x[0], found)
        failed = found.result != 0
        result = jnp.where(failed.any(), found.result[jnp.argmax(failed)], 0)
        jacobian = self._slopes(found.constraints).T
        grad = jnp.where(result == 0, self._slopes(found.value), 0.0)
        marked: Any = (jnp.where(result == 0, first.value, jnp.inf), grad, jacobian, result)
        where = lambda e: (e.value, e.grad, e.jacobian, e.result)  # noqa: E731
        return eqx.tree_at(where, first, marked, is_leaf=lambda x: x is None)

    def _slopes(self, values: Array) -> Array:
        """Of values at the latent, above it and below it, `(1 + 2 latent, ...)`."""
        above, below = jnp.split(values[1:], 2)
        return (above - below) / (2 * self.step)

    def grow(self, factor: float) -> "FiniteDifferences":
        """As the problem."""
        return FiniteDifferences(self.problem.grow(factor), self.step)
