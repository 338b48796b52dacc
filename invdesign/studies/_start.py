"""Where a search starts."""

from typing import Any

import jax
import jax.numpy as jnp

from .._types import Latent
from ..spaces import AbstractSpace

_JITTER = 0.1


def seeded_start(space: AbstractSpace, seed: int, about: Any = None) -> Latent:
    """Where all optimizers start for a seed: the space's initial latent, moved a little from 1 on.

    Without it a deterministic method would repeat the same run for every seed.

    **Arguments:** `about`: another latent to start from, or near.
    """
    latent = space.initial() if about is None else jnp.asarray(about)
    noise = jax.random.normal(jax.random.key(seed), latent.shape, latent.dtype)
    return latent + (_JITTER if seed else 0.0) * noise
