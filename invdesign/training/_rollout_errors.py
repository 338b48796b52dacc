"""What rollouts in training get wrong, and which of them count."""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp

from .._types import Array, Bool, Float, Scalar


def motion_errors(
    drift: Float[Array, "frame node dim"], push: Float[Array, "frame node dim"]
) -> Float[Array, "frame node"]:
    r"""Squared errors of positions and velocities along a rollout, $|d_j / j|^2 + |p_j|^2$.

    **Arguments:** `drift`, `push`: errors of positions and of velocities after frames $j$ of 1, 2,
    ..., in units of what a frame adds to either. An error of velocity moves nodes further off with
    every frame, hence the $j$.
    """
    frame = jnp.arange(1, drift.shape[0] + 1, dtype=drift.dtype)
    return jnp.sum((drift / frame[:, None, None]) ** 2 + push**2, axis=-1)


def mean_of_windows(
    error: Callable[[Any], tuple[Scalar, Bool[Array, ""]]], windows: Any
) -> tuple[Scalar, Scalar]:
    """The mean error of a batch's windows; one at a time on a CPU, where that is faster.

    **Arguments:** `error`: of a window, and whether it counts.

    **Returns:** the mean over those that count, and the share of those that do not.
    """
    given = jax.tree.map(jnp.asarray, windows)
    number = len(jax.tree.leaves(given)[0])
    together = None if jax.default_backend() == "cpu" else number
    return mean_that_counts(*jax.lax.map(error, given, batch_size=together))


def mean_that_counts(
    errors: Float[Array, " sample"], counts: Bool[Array, " sample"]
) -> tuple[Scalar, Scalar]:
    """The mean of the errors that count, 0 where none does; and the share of those that do not."""
    number = jnp.sum(counts.astype(errors.dtype))
    mean = jnp.sum(jnp.where(counts, errors, 0.0)) / jnp.maximum(number, 1.0)
    return mean, 1.0 - number / counts.shape[0]
