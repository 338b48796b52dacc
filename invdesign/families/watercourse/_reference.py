"""The reference solver of a watercourse."""

import jax
import numpy as np

from ..._task import Task, initial_scene
from ...reference import MPM, Simulated
from ...scenes import ParticleScene

_SOUND = 10.0  # m/s: three times the fastest water, whose pressure is small
_COURANT = 0.5  # of sound alone: with the fastest water 0.7


def watercourse_reference(task: Task, dt: float) -> Simulated:
    """The MPM in space with the particle spacing and the box of a task's scenes.

    **Arguments:** `dt`: seconds a frame.
    """
    scene = initial_scene(task)
    return Simulated(solver_of(scene, dt))


def solver_of(scene: ParticleScene, dt: float) -> MPM:
    """The MPM in space for a scene, with frames of `dt` seconds."""
    assert scene.spacing is not None
    lower, upper = jax.device_get((scene.lower, scene.upper))
    cell = 2 * scene.spacing
    cells = np.ceil((upper - lower) / cell - 1e-3)
    extent = tuple(float(n) * cell for n in cells)
    return MPM(
        dt=dt, spacing=scene.spacing, cell=cell, sound_speed=_SOUND, courant=_COURANT,
        extent=extent,
    )  # fmt: skip
