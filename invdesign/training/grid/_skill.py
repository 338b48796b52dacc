"""For how long a simulated field follows the true one."""

from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np

from ..._rollout import rollout
from ..._simulator import AbstractSimulator
from ...scenes import PeriodicField

LEAST = 0.8  # correlation from which on two fields are no longer alike


def simulated_fields(
    simulator: AbstractSimulator, starts: np.ndarray, *, length: float, num_steps: int
) -> np.ndarray:
    """Fields after each frame, `(trajectory, time, point)`; not a number where it failed.

    **Arguments:** `starts`: `(trajectory, point)`.
    """
    return np.asarray(_simulate(simulator, jnp.asarray(starts), length, num_steps))


@eqx.filter_jit
def _simulate(simulator: Any, starts: Any, length: float, num_steps: int) -> Any:
    def one(field: Any) -> Any:
        scene = PeriodicField(field, length)
        trajectory = rollout(simulator, scene, num_steps=num_steps, throw=False)
        return jnp.where(trajectory.result == 0, trajectory.frames.field, jnp.nan)

    return jax.lax.map(one, starts, batch_size=32)


def correlations(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Of fields around their means, over the last axis; 0 where one is constant or not finite."""
    first, second = (x - x.mean(axis=-1, keepdims=True) for x in (first, second))
    both = np.sum(first * second, axis=-1)
    sizes = np.sqrt(np.sum(first**2, axis=-1) * np.sum(second**2, axis=-1))
    alike = np.isfinite(both) & (sizes > 0)
    return np.where(alike, both, 0.0) / np.where(alike, sizes, 1.0)


def frames_followed(found: np.ndarray, true: np.ndarray, least: float = LEAST) -> np.ndarray:
    """Frames of each trajectory before the correlation first falls below `least`, `(trajectory,)`.

    **Arguments:** `found`, `true`: `(trajectory, time, point)`.
    """
    lost = correlations(found, true) < least
    return np.where(lost.any(axis=1), lost.argmax(axis=1), lost.shape[1])


def relative_errors(found: np.ndarray, true: np.ndarray) -> np.ndarray:
    """L2 norm of the difference over that of the true field, over the last axis."""
    return np.linalg.norm(found - true, axis=-1) / np.linalg.norm(true, axis=-1)
