"""Weights of edges that come and go."""

import jax.numpy as jnp

from .._types import Array, Float


def fade(ratio: Float[Array, " edge"], mask: Array) -> Float[Array, " edge"]:
    """A smooth weight: 1 at ratio 0, 0 with zero slope at ratio 1 and in empty slots."""
    clipped = jnp.clip(ratio, 0.0, 1.0)
    return jnp.where(mask, (1.0 - clipped**2) ** 2, 0.0)
