"""Means and deviations that a mesh network's inputs and outputs are measured in."""

import jax.numpy as jnp
import numpy as np

from ..._types import Array, Float

_TINY = 1e-6


def standardized(rows: Float[Array, "row feature"], units: Array) -> Float[Array, "row feature"]:
    """Rows in units of their deviation from the mean; `units` hold the mean and the deviation."""
    return (rows - units[0][None]) / units[1][None]


def restored(rows: Float[Array, "row feature"], units: Array) -> Float[Array, "row feature"]:
    """The inverse of `standardized`."""
    return units[0][None] + units[1][None] * rows


def measured_units(values: np.ndarray | Array) -> Float[Array, "2 feature"]:
    """Mean and deviation over all axes but the last, which is never quite zero (host side)."""
    flat = np.asarray(values, np.float64).reshape(-1, values.shape[-1])
    return jnp.asarray(np.stack([flat.mean(0), flat.std(0) + _TINY]), jnp.float32)


def blank_units(*shape: int) -> Float[Array, "2 *shape"]:
    """Means of 0 and deviations of 1."""
    return jnp.stack([jnp.zeros(shape), jnp.ones(shape)])
