"""The smooth map that spaces take their bounds from, and its checked inverse."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from .._checks import checked_key
from .._types import Array, Float, Latent, PRNGKeyArray

_EDGE = 1e-6  # how far inside the bounds, in half ranges, the inverse puts what lies on them


def squash(latent: Latent, lower: Array, upper: Array) -> Float[Array, " parameter"]:
    r"""$(l + u)/2 + (u - l)/2 \tanh z$ in the latent's type, never outside the bounds.

    **Raises:** `ValueError` if the latent is not made of floating-point numbers: bounds in another
    type would be other bounds.
    """
    if not jnp.issubdtype(jnp.result_type(latent), jnp.floating):
        raise ValueError(
            f"A latent is made of floating-point numbers, got {jnp.result_type(latent)}; write "
            "`jnp.asarray(latent, float)`."
        )
    lower, upper = lower.astype(latent.dtype), upper.astype(latent.dtype)
    value = 0.5 * (lower + upper) + 0.5 * (upper - lower) * jnp.tanh(latent)
    return jnp.clip(value, lower, upper)


def unsquash(parameters: Array, lower: Array, upper: Array) -> Latent:
    """The latent that `squash` takes to `parameters`; unchecked and traceable."""
    unit = (2.0 * parameters - lower - upper) / (upper - lower)
    return jnp.arctanh(jnp.clip(unit, -1.0 + _EDGE, 1.0 - _EDGE))


def sample_uniform(size: int, dtype: Any, *, key: PRNGKeyArray) -> Latent:
    """A latent whose parameters are uniform over the bounds, less a thousandth at either end.

    **Raises:** `ValueError` if `key` is no random key.
    """
    checked_key(key, "sample")
    return jnp.arctanh(jax.random.uniform(key, (size,), dtype, minval=-0.999, maxval=0.999))


def checked_numbers(parameters: Any, *, size: int, what: str) -> np.ndarray:
    """`parameters` as a finite vector of `size` numbers (host side).

    **Arguments:** `what`: what a message calls one of them, e.g. "joint angle".

    **Raises:** `ValueError` if it is anything else.
    """
    try:
        values = np.asarray(parameters)
    except ValueError:
        values = np.asarray(None)
    if values.dtype.kind not in "iuf":  # words that read as numbers are none, nor are bools
        raise ValueError(f"A design here is {size} numbers, one {what} each.")
    values = values.astype(float)
    if values.shape != (size,):
        raise ValueError(
            f"A design here is {size} numbers, one {what} each, got shape {values.shape}."
        )
    if not np.isfinite(values).all():
        bad = int(np.argmin(np.isfinite(values)))
        raise ValueError(f"Every {what} must be finite, got {values[bad]} for number {bad}.")
    return values


def checked_parameters(
    parameters: Any, lower: Any, upper: Any, *, size: int, what: str
) -> np.ndarray:
    """`checked_numbers` that also lie within their bounds (host side).

    **Raises:** `ValueError` if their number is wrong, one is not finite or out of bounds.
    """
    values = checked_numbers(parameters, size=size, what=what)
    low = np.broadcast_to(np.asarray(lower, float), values.shape)
    high = np.broadcast_to(np.asarray(upper, float), values.shape)
    slack = _EDGE * (high - low)
    outside = (values < low - slack) | (values > high + slack)
    if outside.any():
        bad = int(np.argmax(outside))
        raise ValueError(
            f"Every {what} must be within its bounds, got {values[bad]:g} for number {bad}, which "
            f"may be {low[bad]:g} to {high[bad]:g}."
        )
    return values


def encode_bounded(parameters: Any, lower: Array, upper: Array, *, size: int, what: str) -> Latent:
    """`unsquash` of `checked_parameters`."""
    values = checked_parameters(parameters, lower, upper, size=size, what=what)
    return unsquash(jnp.asarray(values, lower.dtype), lower, upper)
