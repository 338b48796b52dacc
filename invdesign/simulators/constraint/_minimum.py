"""The minimum of a constraint: found, checked, and differentiated as what it is."""

from collections.abc import Callable
from typing import Any, cast

import equinox as eqx
import jax
import jax.numpy as jnp
import optimistix as optx
from jax import lax
from jax.flatten_util import ravel_pytree

from ..._checks import checked_count, checked_number
from ..._results import RESULTS, as_code
from ..._types import Array, Code, Float, Scalar
from ._active import ActiveSet
from ._contact import HardContact
from ._inner import AbstractInnerSolver, AbstractSteps
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

    Soft obstacles and terms are part of the constraint. Hard ones hold nodes where its gradient is
    not zero: there `steps` find the candidate, and the conditions of its `ActiveSet` are
    differentiated, the Hessian being looked at where nodes are free to move.

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
        arrays, rest = eqx.partition(problem, eqx.is_array)
        still = eqx.combine(lax.stop_gradient(arrays), rest)
        if isinstance(problem.contact, HardContact) and not problem.touch.is_nothing:
            return self._held(problem, still, start)
        found = lax.custom_root(
            lambda candidate: _slope(problem, candidate),
            start,
            lambda _, guess: self._find(problem, guess),
            _solve_linear,
        )
        reached = lax.stop_gradient(found)
        return found, self._judged(still, reached, still.gradient(reached), None)

    def _held(self, problem: InnerProblem, still: InnerProblem, start: Array) -> tuple[Array, Code]:
        """A candidate that what is hard holds; `still`: the problem without its derivatives."""
        if self.steps is None:
            raise ValueError(
                "`Minimised` needs `steps` where obstacles or terms are hard, such as "
                "`Minimised(steps=GradientSteps(200, 0.3))`, or soft ones: `SoftContact()`."
            )
        reached = lax.stop_gradient(self.steps.solve(still, lax.stop_gradient(start))[0])
        active = ActiveSet.at(still, reached)
        found, _ = lax.custom_root(
            lambda both: active.slope(problem, *both),
            (start, jnp.zeros_like(active.pressure)),
            lambda _, guess: (reached, active.pressure),
            _solve_linear,
        )
        slope = active.slope(still, reached, active.pressure)[0]
        return found, self._judged(still, reached, slope, active)

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

    def _judged(
        self, problem: InnerProblem, found: Array, slope: Array, active: ActiveSet | None
    ) -> Code:
        number = jnp.maximum(jnp.sum(problem.is_free.astype(found.dtype)), 1.0)
        large = ~(jnp.sqrt(jnp.sum(slope**2) / number) <= self.tolerance)  # or not a number
        flat = ~(least_curvature(problem, found, active) > 0)
        code = jnp.where(flat, as_code(RESULTS.no_minimum), as_code(RESULTS.successful))
        return jnp.where(large, as_code(RESULTS.inner_solve_failed), code)


def least_curvature(
    problem: InnerProblem, candidate: Float[Array, "node dim"], active: ActiveSet | None = None
) -> Scalar:
    """The smallest eigenvalue of the constraint's Hessian by the free nodes' coordinates.

    Above 0 at a minimum that is one; 0 or less where a candidate may slide.

    **Arguments:** `active`: hard obstacles and terms that hold nodes; the Hessian is then that of
    the Lagrangian, along the moves that they leave.
    """
    size = candidate.size
    free = jnp.broadcast_to(problem.is_free[:, None], candidate.shape).reshape(size)
    ways = jnp.diag(free.astype(candidate.dtype))
    slope: Callable[[Array], Array] = problem.gradient
    if active is not None:
        held = active
        ways = ways @ held.tangent(problem, candidate)

        def along(each: Array) -> Array:
            return held.slope(problem, each, held.pressure)[0]

        slope = along

    rows = jax.jacfwd(slope)(candidate).reshape(size, size)
    rows = ways.T @ (0.5 * (rows + rows.T)) @ ways
    # Whatever does not move is as stiff as all the rest together.
    rest = jnp.eye(size, dtype=candidate.dtype) - ways
    return cast(Scalar, jnp.linalg.eigvalsh(rows + jnp.sum(jnp.abs(rows)) * rest)[0])


def _slope(problem: InnerProblem, candidate: Array) -> Array:
    """What vanishes at the minimum, and by which every coordinate moves it."""
    still = problem.masked(candidate)
    return problem.gradient(still) + (candidate - still)


def _solve_linear(linear: Callable[[Any], Any], right: Any) -> Any:
    """Solve for what a linear function of candidates takes to `right`."""
    flat, shaped = ravel_pytree(right)
    matrix = jax.jacfwd(lambda each: ravel_pytree(linear(shaped(each)))[0])(jnp.zeros_like(flat))
    return shaped(jnp.linalg.solve(matrix, flat))
