"""Descents along the updates of an Optax transformation, which survive failed evaluations."""

import abc
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import optax

from .._checks import checked_latent
from .._evaluation import Evaluation
from .._types import Array, Bool, Latent, Latents, PRNGKeyArray, Scalar
from ._base import AbstractOptimizer

# Four successful steps win back what one failure has halved.
_RECOVERY = 2.0**0.25


class Point(eqx.Module):
    """A latent with its value and gradient."""

    latent: Latent
    value: Scalar
    grad: Latent


class FirstOrderState(eqx.Module):
    """State of a search along an Optax transformation.

    **Arguments:**

    - `latent`: what is asked next.
    - `inner`: the transformation's own state.
    - `scale`: factor on its updates: 1, halved by a failure, won back by successes.
    - `best`: the lowest value so far, where a failed step returns to.
    """

    latent: Latent
    inner: Any
    scale: Scalar
    best: Point


class AbstractFirstOrder(AbstractOptimizer):
    """A descent along the updates of an Optax transformation, one gradient an iteration.

    A failed evaluation sends it back to the best point so far with half the step; successes win
    the step back. Zeroing the gradient of a failed step would not do: the momentum of Adam and its
    kind would coast on into the region that failed.
    """

    @abc.abstractmethod
    def as_optax(self, dtype: Any) -> optax.GradientTransformation:
        """The descent as an Optax transformation of latents of `dtype`."""

    @property
    def order(self) -> int:
        return 1

    @eqx.filter_jit
    def init(self, latent: Latent, *, key: PRNGKeyArray) -> FirstOrderState:
        latent = checked_latent(latent, type(self).__name__)
        with jax.numpy_dtype_promotion("standard"):
            inner = self.as_optax(latent.dtype).init(latent)
        nowhere = Point(latent, jnp.full((), jnp.inf, latent.dtype), jnp.zeros_like(latent))
        return FirstOrderState(latent, inner, jnp.ones((), latent.dtype), nowhere)

    def ask(self, state: FirstOrderState, *, key: PRNGKeyArray) -> Latents:
        return state.latent[None]

    @eqx.filter_jit
    def tell(
        self, state: FirstOrderState, candidates: Latents, evaluation: Evaluation
    ) -> FirstOrderState:
        assert evaluation.grad is not None
        here = Point(candidates[0], evaluation.value[0], evaluation.grad[0])
        succeeded = usable(evaluation)
        best = _select(succeeded & (here.value < state.best.value), here, state.best)
        base = _select(succeeded, here, best)
        scale = jnp.where(succeeded, jnp.minimum(1.0, _RECOVERY * state.scale), 0.5 * state.scale)
        updates, inner = _update(self.as_optax(candidates.dtype), base, state.inner)
        latent = base.latent + scale * jnp.where(jnp.isfinite(updates), updates, 0.0)
        return FirstOrderState(latent, inner, scale, best)

    def done(self, state: FirstOrderState) -> bool:
        return False


def usable(evaluation: Evaluation) -> Bool[Array, ""]:
    """Whether there is a value and a gradient to step along."""
    assert evaluation.grad is not None
    value, grad = evaluation.value[0], evaluation.grad[0]
    # The sum of squares, because one that overflows would poison second moments for good.
    return jnp.isfinite(value) & jnp.isfinite(jnp.vdot(grad, grad))


def _select(condition: Bool[Array, ""], first: Point, second: Point) -> Point:
    return jax.tree.map(lambda a, b: jnp.where(condition, a, b), first, second)


def _update(
    transformation: optax.GradientTransformation, base: Point, inner: Any
) -> tuple[Any, Any]:
    update = optax.with_extra_args_support(transformation).update
    try:
        with jax.numpy_dtype_promotion("standard"):
            return update(base.grad, inner, base.latent, value=base.value, grad=base.grad)
    except TypeError as error:
        if "value_fn" not in str(error):
            raise
        raise ValueError(
            "`Optax` cannot run a transformation with a line search of its own (it needs "
            "`value_fn`); use `BFGS` or `LBFGS`, which search along a line by asking."
        ) from error
