"""What the optimizers that honour constraints share."""

from collections.abc import Iterable

import equinox as eqx
import jax.numpy as jnp

from .._evaluation import Evaluation
from .._types import Array, Bool, Float


class Told(eqx.Module):
    """An evaluation in one type, with `+inf` and zeros for every candidate that failed.

    **Arguments:** as for `Evaluation`; `grad` and `jacobian` are `None` at order 0.
    """

    value: Float[Array, " pop"]
    grad: Float[Array, "pop latent"] | None
    constraints: Float[Array, "pop constraint"]
    jacobian: Float[Array, "pop constraint latent"] | None


def as_bools(equality: Iterable[bool]) -> tuple[bool, ...]:
    """The converter of the field `equality`."""
    return tuple(bool(x) for x in equality)


def told(name: str, equality: tuple[bool, ...], evaluation: Evaluation) -> Told:
    """What optimizer `name` makes of an evaluation.

    A candidate counts as failed if anything known of it is not finite.

    **Raises:** `ValueError` if `equality` has not as many entries as the constraints.
    """
    number = evaluation.constraints.shape[1]
    if number != len(equality):
        raise ValueError(
            f"`{name}` needs `equality` to have an entry for each of the {number} constraint "
            f"values, got {len(equality)}."
        )
    return _clean(evaluation)


@eqx.filter_jit
def _clean(evaluation: Evaluation) -> Told:
    value, grad = evaluation.value, evaluation.grad
    constraints, jacobian = evaluation.constraints.astype(value.dtype), evaluation.jacobian
    if grad is not None and jacobian is None:
        assert constraints.shape[1] == 0
        jacobian = jnp.zeros((*constraints.shape, grad.shape[1]), value.dtype)
    known = [x for x in (value, grad, constraints, jacobian) if x is not None]
    succeeded = jnp.stack([_finite(x) for x in known]).all(0)
    return Told(
        value=jnp.where(succeeded, value, jnp.inf),
        grad=None if grad is None else _zero_unless(succeeded, grad),
        constraints=_zero_unless(succeeded, constraints),
        jacobian=None if jacobian is None else _zero_unless(succeeded, jacobian),
    )


def _finite(x: Float[Array, "pop ..."]) -> Bool[Array, " pop"]:
    return jnp.isfinite(x).reshape(x.shape[0], x.size // x.shape[0]).all(1)


def _zero_unless(condition: Bool[Array, " pop"], x: Float[Array, "pop ..."]) -> Array:
    return jnp.where(condition.reshape(-1, *(1,) * (x.ndim - 1)), x, 0.0)


def unconstrained(
    evaluation: Evaluation, value: Float[Array, " pop"], grad: Float[Array, "pop latent"] | None
) -> Evaluation:
    """The evaluation an inner optimizer is told: `value` and `grad`, and no constraints."""
    return Evaluation(
        value=value,
        grad=grad,
        score=evaluation.score,
        constraints=jnp.zeros((value.shape[0], 0), value.dtype),
        jacobian=None,
        result=evaluation.result,
        slope=evaluation.slope,
    )
