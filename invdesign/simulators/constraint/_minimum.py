"""The minimum of a constraint: found, checked, and differentiated as what it is."""

from collections.abc import Callable
from typing import cast

import equinox as eqx
import jax
import jax.numpy as jnp
import optimistix as optx
from jax import lax

from ..._checks import checked_count, checked_number
from ..._results import RESULTS, as_code
from ..._types import Array, Code, Float, Scalar
from ._contact import HardContact
from ._inner import AbstractInnerSolver, AbstractSteps, gradient_norm
from ._problem import InnerProblem

# Relative and absolute, of candidates and values: as far as single precision goes.
_FINEST = 1e-6


class Minimised(AbstractInnerSolver):
    r"""The minimum of the constraint; gradients of the minimum itself.

    With $y^\ast$ where $\nabla c(y^\ast, x) = 0$ the derivative by anything else that the
    constraint hangs on is $-H^{-1} \partial_x \nabla c$, $H$ the Hessian at $y^\ast$: in memory
    that does not hang on how many steps have led there. It is right only where the solve has
    converged and the minimum is one, so both are looked at: a frame whose gradient is not small
    ends a rollout with `inner_solve_failed`, one whose Hessian is not positive definite with
    `no_minimum`. The Hessian is formed whole, as many rows as there are coordinates.

    Obstacles have to be soft: a projection is no part of a minimum.

    Source: Blondel et al. (2022), Efficient and modular implicit differentiation, section 2;
    `optimistix.BFGS`.

    **Arguments:** `tolerance`: the norm of the gradient, a node, from which on a solve has failed,
    above 0; `max_steps`: of the quasi-Newton method; `steps`: what finds the minimum in its place,
    such as `GradientSteps(200, 0.3)`.
    """

    tolerance: float = eqx.field(static=True, default=1e-2)
    max_steps: int = eqx.field(static=True, default=200)
    steps: AbstractSteps | None = None

    def __check_init__(self):
        checked_number(self.tolerance, "tolerance", "Minimised", above=0)
        checked_count(self.max_steps, "max_steps", "Minimised")

    def solve(
        self, problem: InnerProblem, start: Float[Array, "node dim"]
    ) -> tuple[Float[Array, "node dim"], Code]:
        if problem.touch.obstacles and isinstance(problem.contact, HardContact):
            raise ValueError("`Minimised` needs obstacles that are soft: `SoftContact()`.")
        found = lax.custom_root(
            lambda candidate: _slope(problem, candidate),
            start,
            lambda _, guess: self._find(problem, guess),
            _solve_linear,
        )
        arrays, rest = eqx.partition(problem, eqx.is_array)
        still = eqx.combine(lax.stop_gradient(arrays), rest)
        return found, self._judged(still, lax.stop_gradient(found))

    def _find(self, problem: InnerProblem, start: Array) -> Array:
        if self.steps is not None:
            return self.steps.solve(problem, start)[0]

        def value(candidate: Array, problem: InnerProblem) -> Scalar:
            held = candidate - problem.masked(candidate)  # the minimum is one there, too
            return problem.value(problem.masked(candidate)) + 0.5 * jnp.sum(held**2)

        # The library knows nothing of strict promotion.
        with jax.numpy_dtype_promotion("standard"), jax.numpy_rank_promotion("allow"):
            solver = optx.BFGS(rtol=_FINEST, atol=_FINEST)
            found = optx.minimise(
                value, solver, start, args=problem, max_steps=self.max_steps, throw=False
            )
        return problem.masked(found.value)

    def _judged(self, problem: InnerProblem, found: Array) -> Code:
        large = ~(gradient_norm(problem, found) <= self.tolerance)  # also what is not a number
        flat = ~(least_curvature(problem, found) > 0)
        code = jnp.where(flat, as_code(RESULTS.no_minimum), as_code(RESULTS.successful))
        return jnp.where(large, as_code(RESULTS.inner_solve_failed), code)


def least_curvature(problem: InnerProblem, candidate: Float[Array, "node dim"]) -> Scalar:
    """The smallest eigenvalue of the constraint's Hessian by the free nodes' coordinates.

    Above 0 at a minimum that is one; 0 or less where a candidate may slide.
    """
    size = candidate.size
    rows = jax.jacfwd(problem.gradient)(candidate).reshape(size, size)
    free = jnp.broadcast_to(problem.is_free[:, None], candidate.shape).reshape(size)
    rows = jnp.where(free[None, :], rows, 0.0)
    # Whatever does not move is as stiff as all the rest together.
    most = jnp.where(free, 0.0, jnp.sum(jnp.abs(rows)))
    return cast(Scalar, jnp.linalg.eigvalsh(0.5 * (rows + rows.T) + jnp.diag(most))[0])


def _slope(problem: InnerProblem, candidate: Array) -> Array:
    """What vanishes at the minimum, and by which every coordinate moves it."""
    still = problem.masked(candidate)
    return problem.gradient(still) + (candidate - still)


def _solve_linear(linear: Callable[[Array], Array], right: Array) -> Array:
    """Solve for what a linear function of candidates takes to `right`."""
    matrix = jax.jacfwd(linear)(jnp.zeros_like(right))
    flat = jnp.linalg.solve(matrix.reshape(right.size, right.size), right.reshape(-1))
    return flat.reshape(right.shape)
