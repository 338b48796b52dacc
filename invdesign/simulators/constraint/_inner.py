"""Inner solvers: how a frame's end is found."""

import abc

import equinox as eqx
import jax
import jax.numpy as jnp
from jax import lax

from ..._checks import checked_count
from ..._results import RESULTS, as_code
from ..._types import Array, Code, Float, Scalar
from ._problem import InnerProblem

_LEAST = 1e-12  # of a squared gradient, below which a projection stands still


class AbstractInnerSolver(eqx.Module):
    """Finds a candidate that fulfils a constraint, from a first guess; unbatched and traceable."""

    @abc.abstractmethod
    def solve(
        self, problem: InnerProblem, start: Float[Array, "node dim"]
    ) -> tuple[Float[Array, "node dim"], Code]:
        """A candidate, and a `RESULTS` code: whether the solve did what it was asked."""


class AbstractSteps(AbstractInnerSolver):
    """So many steps of one kind, each of which may be looked at; obstacles push after each.

    - `num_steps`: of an inner solve.
    - `step_size`: how much of a step is taken.
    """

    num_steps: eqx.AbstractVar[int]
    step_size: eqx.AbstractVar[float]

    @abc.abstractmethod
    def step(
        self, problem: InnerProblem, candidate: Float[Array, "node dim"]
    ) -> Float[Array, "node dim"]:
        """The candidate after a step by what is learned alone."""

    def path(
        self, problem: InnerProblem, start: Float[Array, "node dim"]
    ) -> Float[Array, "step node dim"]:
        """The candidates after each step."""

        def body(candidate: Array, _: None) -> tuple[Array, Array]:
            candidate = problem.settled(self.step(problem, candidate), self.step_size)
            return candidate, candidate

        return lax.scan(body, start, None, length=self.num_steps)[1]

    def solve(
        self, problem: InnerProblem, start: Float[Array, "node dim"]
    ) -> tuple[Float[Array, "node dim"], Code]:
        def body(candidate: Array, _: None) -> tuple[Array, None]:
            return problem.settled(self.step(problem, candidate), self.step_size), None

        found = lax.scan(body, start, None, length=self.num_steps)[0]
        return found, as_code(RESULTS.successful)


class GradientSteps(AbstractSteps):
    r"""Gradient descent: $y \leftarrow y - \lambda \nabla c(y)$.

    Source: Rubanova et al. (2022), equation 4.

    **Arguments:**

    - `num_steps`: of a solve. Large systems want more of them than those that were learned from.
    - `step_size`: $\lambda$; times the largest curvature of the constraint it has to stay below 2.
    - `tolerance`: the norm of the gradient, a node, from which on a solve has failed; `None` for
      any. Obstacles that push hold a node where its gradient is not zero.
    """

    num_steps: int = eqx.field(static=True)
    step_size: float
    tolerance: float | None = None

    def __check_init__(self):
        checked_count(self.num_steps, "num_steps", "GradientSteps")

    def step(
        self, problem: InnerProblem, candidate: Float[Array, "node dim"]
    ) -> Float[Array, "node dim"]:
        return candidate - self.step_size * problem.masked(jax.grad(problem.learned)(candidate))

    def solve(
        self, problem: InnerProblem, start: Float[Array, "node dim"]
    ) -> tuple[Float[Array, "node dim"], Code]:
        found, code = AbstractSteps.solve(self, problem, start)
        if self.tolerance is not None:
            failed = gradient_norm(problem, found) > self.tolerance
            code = jnp.where(failed, as_code(RESULTS.inner_solve_failed), code)
        return found, code


class FastProjections(AbstractSteps):
    r"""Projections on where the constraint's slope would have it vanish:
    $y \leftarrow y - \lambda\, c(y) \nabla c(y) / |\nabla c(y)|^2$.

    Source: Goldenthal et al. (2007), Efficient simulation of inextensible cloth, section 4;
    Rubanova et al. (2022), equation 5.

    **Arguments:** `num_steps`: of a solve; `step_size`: $\lambda$, 1 for whole projections.
    """

    num_steps: int = eqx.field(static=True)
    step_size: float = 1.0

    def __check_init__(self):
        checked_count(self.num_steps, "num_steps", "FastProjections")

    def step(
        self, problem: InnerProblem, candidate: Float[Array, "node dim"]
    ) -> Float[Array, "node dim"]:
        value, gradient = jax.value_and_grad(problem.learned)(candidate)
        gradient = problem.masked(gradient)
        length = value / jnp.maximum(jnp.sum(gradient**2), _LEAST)
        return candidate - self.step_size * length * gradient


class Updates(AbstractSteps):
    """What the network says is added to the candidate, for networks that are trained so.

    One step is an ordinary graph network simulator, several are an iterative one.

    **Arguments:** `num_steps`: of a solve; `step_size`: the share of it that is added.
    """

    num_steps: int = eqx.field(static=True)
    step_size: float = 1.0

    def __check_init__(self):
        checked_count(self.num_steps, "num_steps", "Updates")

    def step(
        self, problem: InnerProblem, candidate: Float[Array, "node dim"]
    ) -> Float[Array, "node dim"]:
        return candidate + self.step_size * problem.masked(problem.outputs(candidate))


def gradient_norm(problem: InnerProblem, candidate: Float[Array, "node dim"]) -> Scalar:
    """Norm of the constraint's gradient, a free node: its root mean square."""
    number = jnp.maximum(jnp.sum(problem.is_free.astype(candidate.dtype)), 1.0)
    return jnp.sqrt(jnp.sum(problem.gradient(candidate) ** 2) / number)
