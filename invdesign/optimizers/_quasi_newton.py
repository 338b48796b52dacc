"""BFGS and L-BFGS of Optimistix, one evaluation at a time."""

import abc
from collections.abc import Callable
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import optimistix as optx

from .._checks import checked_count, checked_latent, checked_number
from .._evaluation import Evaluation
from .._types import Array, Bool, Latent, Latents, PRNGKeyArray, Scalar, as_float_or_none
from ._base import AbstractOptimizer


class QuasiNewtonState(eqx.Module):
    """State of an Optimistix minimiser that is stepped from outside.

    **Arguments:**

    - `accepted`: the last point the line search accepted.
    - `asked`: the point evaluated next, Optimistix' `y_eval`.
    - `leaves`: the arrays of Optimistix' state. Its static part is made anew in every step: it
      holds traced programs, which cannot be written to a file.
    - `factor`: what values and gradients are multiplied by; 0 until it is known.
    - `done`: whether the minimiser has terminated.
    """

    accepted: Latent
    asked: Latent
    leaves: tuple[Array, ...]
    factor: Scalar
    done: Bool[Array, ""]


def _start(solver: Any, fn: Any, latent: Latent):
    value = jax.ShapeDtypeStruct((), latent.dtype)
    return solver.init(fn, latent, None, {}, value, None, frozenset())


def _arrays(inner: Any) -> tuple[Array, ...]:
    # Naming the dtype makes weakly typed leaves strong, so that no step compiles twice.
    leaves = jax.tree.leaves(eqx.filter(inner, eqx.is_array))
    return tuple(jnp.asarray(x, x.dtype) for x in leaves)


def _in_dtype(latent: Array) -> Any:
    # Optimistix makes some numbers in the default dtype; here that is the latent's.
    return jax.enable_x64(latent.dtype == jnp.float64)


@eqx.filter_jit
def _init(make: Callable[[], Any], latent: Latent) -> QuasiNewtonState:
    inner = _start(make(), lambda y, args: (jnp.sum(y), None), latent)
    leaves = _arrays(inner)
    factor = jnp.zeros((), latent.dtype)
    return QuasiNewtonState(latent, inner.y_eval, leaves, factor, jnp.asarray(False))


def _factor(first_step: Array | None, state: QuasiNewtonState, grad: Latent) -> Scalar:
    if first_step is None:
        return jnp.ones_like(state.factor)
    norm = jnp.linalg.norm(grad)
    first = jnp.where(norm > 0, first_step / jnp.where(norm > 0, norm, 1), 0)
    return jnp.where(state.factor > 0, state.factor, first)


@eqx.filter_jit
def _step(
    make: Callable[[], Any],
    first_step: Array | None,
    state: QuasiNewtonState,
    value: Scalar,
    grad: Latent,
) -> QuasiNewtonState:
    solver = make()
    succeeded = jnp.isfinite(value) & jnp.isfinite(grad).all()
    grad = jnp.where(succeeded, grad, 0.0)
    factor = _factor(first_step, state, grad)
    scale = jnp.where(factor > 0, factor, 1)
    # An infinite value fails the test of Armijo, so that the line search halves the step.
    value = jnp.where(succeeded, scale * value, jnp.inf)

    def surrogate(y, args):
        return value + jnp.vdot(scale * grad, y - state.asked), None

    template = _start(solver, surrogate, state.accepted)
    dynamic, static = eqx.partition(template, eqx.is_array)
    dynamic = jax.tree.unflatten(jax.tree.structure(dynamic), state.leaves)
    inner = eqx.combine(dynamic, static)
    accepted, inner, _ = solver.step(surrogate, state.accepted, None, {}, inner, frozenset())
    done, result = solver.terminate(surrogate, accepted, None, {}, inner, frozenset())
    return QuasiNewtonState(
        accepted=accepted,
        asked=jnp.where(jnp.isfinite(inner.y_eval).all(), inner.y_eval, accepted),
        leaves=_arrays(inner),
        factor=factor,
        done=done | (result != optx.RESULTS.successful),
    )


def _tell(
    make: Callable[[], Any],
    first_step: Array | None,
    state: QuasiNewtonState,
    evaluation: Evaluation,
) -> QuasiNewtonState:
    assert evaluation.grad is not None
    dtype = state.asked.dtype
    if first_step is not None:
        first_step = first_step.astype(dtype)
    value, grad = evaluation.value[0].astype(dtype), evaluation.grad[0].astype(dtype)
    with _in_dtype(state.asked):
        return _step(make, first_step, state, value, grad)


def _check(name: str, rtol: float, atol: float, first_step: Array | None) -> None:
    checked_number(rtol, "rtol", name, above=0)
    checked_number(atol, "atol", name, above=0)
    checked_number(first_step, "first_step", name, above=0, optional=True)


class AbstractQuasiNewton(AbstractOptimizer):
    """What BFGS and L-BFGS share: all but the solver of Optimistix that is stepped."""

    first_step: eqx.AbstractVar[Scalar | None]

    @abc.abstractmethod
    def _solver(self) -> Any:
        """The solver of Optimistix."""

    @property
    def order(self) -> int:
        return 1

    def init(self, latent: Latent, *, key: PRNGKeyArray) -> QuasiNewtonState:
        latent = checked_latent(latent, type(self).__name__)
        with _in_dtype(latent):
            return _init(self._solver, latent)

    def ask(self, state: QuasiNewtonState, *, key: PRNGKeyArray) -> Latents:
        return state.asked[None]

    def tell(
        self, state: QuasiNewtonState, candidates: Latents, evaluation: Evaluation
    ) -> QuasiNewtonState:
        return _tell(self._solver, self.first_step, state, evaluation)

    def done(self, state: QuasiNewtonState) -> Bool[Array, ""]:
        return state.done


class BFGS(AbstractQuasiNewton):
    r"""BFGS with a backtracking line search, stepped on a linear surrogate.

    Optimistix evaluates its objective once a step, at the state's `y_eval`. Given the value $v$
    and the gradient $g$ there, the surrogate $v + g \cdot (y - y_{eval})$ shows it the same
    numbers as the objective would, so that its iterates and counts are those of a plain run.
    Every point the line search tries costs an evaluation with its gradient. For smooth values;
    on a rough one the line search stalls, and Adam or a sampling method does better.

    Source: Nocedal and Wright (2006), algorithm 6.1, in Optimistix.

    **Arguments:**

    - `rtol`, `atol`: converged when an accepted step changes latent and value by less.
    - `first_step`: length of the first step in latent units; `None` takes the gradient as it
      is, which is right only if the value is scaled well.

    **Raises:** `ValueError` if one of them is not above 0.
    """

    rtol: float = eqx.field(static=True, default=1e-5)
    atol: float = eqx.field(static=True, default=1e-5)
    first_step: Scalar | None = eqx.field(converter=as_float_or_none, default=None)

    def __check_init__(self):
        _check("BFGS", self.rtol, self.atol, self.first_step)

    def _solver(self) -> Any:
        return optx.BFGS(self.rtol, self.atol)


class LBFGS(AbstractQuasiNewton):
    """L-BFGS: as `BFGS`, with the last `history_length` steps in place of a dense matrix.

    Source: Byrd, Nocedal and Schnabel (1994), algorithm 4.1, in Optimistix.

    **Arguments:** as for `BFGS`; `history_length`: steps remembered, 1 to 1,000.

    **Raises:** `ValueError` if one of them is out of its range.
    """

    rtol: float = eqx.field(static=True, default=1e-5)
    atol: float = eqx.field(static=True, default=1e-5)
    first_step: Scalar | None = eqx.field(converter=as_float_or_none, default=None)
    history_length: int = eqx.field(static=True, default=10)

    def __check_init__(self):
        _check("LBFGS", self.rtol, self.atol, self.first_step)
        checked_count(self.history_length, "history_length", "LBFGS", most=1_000)

    def _solver(self) -> Any:
        return optx.LBFGS(self.rtol, self.atol, history_length=self.history_length)
