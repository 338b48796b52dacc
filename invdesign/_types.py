"""Array aliases used in signatures across the package, and the converter of float fields."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float, Int, PRNGKeyArray

Scalar = Float[Array, ""]
Latent = Float[Array, " latent"]
Latents = Float[Array, "pop latent"]
Code = Int[Array, ""]
Points = Float[Array, "node dim"]
Segments = Float[Array, "segment 2 dim"]


def as_float(value: Any) -> Array:
    """Anything numeric as an array of the default float type; JAX' float arrays keep their own.

    **Raises:** `ValueError` if it is not made of real numbers.
    """
    if isinstance(value, jax.Array) and jnp.issubdtype(value.dtype, jnp.floating):
        return value
    host = not isinstance(value, jax.Array)
    try:
        dtype = np.asarray(value).dtype if host else value.dtype
    except jax.errors.TracerArrayConversionError:  # of a list of tracers
        host, dtype = False, np.dtype(float)
    except ValueError:
        dtype = np.dtype(object)
    if dtype != np.bool_ and not (
        jnp.issubdtype(dtype, jnp.integer) or jnp.issubdtype(dtype, jnp.floating)
    ):
        raise ValueError(f"Real numbers are needed, got a value of type {type(value).__name__}.")
    if host:  # NumPy converts without compiling anything
        value = np.asarray(value, jnp.result_type(float))
    return jnp.asarray(value, float)


def as_float_or_none(value: Any) -> Array | None:
    """As `as_float`; `None` stays what it is."""
    return None if value is None else as_float(value)


__all__ = [
    "Array",
    "Bool",
    "Code",
    "Float",
    "Int",
    "Latent",
    "Latents",
    "PRNGKeyArray",
    "Points",
    "Scalar",
    "Segments",
    "as_float",
    "as_float_or_none",
]
