"""Array aliases used in signatures across the package, and the converter of float fields."""

from typing import Any

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int, PRNGKeyArray

Scalar = Float[Array, ""]
Latent = Float[Array, " latent"]
Latents = Float[Array, "pop latent"]
Code = Int[Array, ""]
Points = Float[Array, "node dim"]
Segments = Float[Array, "segment 2 dim"]


def as_float(value: Any) -> Array:
    """Anything numeric as an array of the default float type; float arrays keep their own."""
    if isinstance(value, jax.Array) and jnp.issubdtype(value.dtype, jnp.floating):
        return value
    return jnp.asarray(value, float)


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
]
