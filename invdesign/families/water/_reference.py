"""The reference solver of a scene of water."""

import jax
import numpy as np

from ..._task import Task, initial_scene
from ...reference import MPM, Simulated
from ._picture import lattice_spacing

_SPACING = 1 / 80  # what models are trained at


def water_reference(task: Task, dt: float) -> Simulated:
    """The MPM with the particle spacing and the box of a task's scenes.

    **Arguments:** `dt`: seconds a frame.
    """
    scene = initial_scene(task)
    position, lower, upper = jax.device_get((scene.position, scene.lower, scene.upper))
    spacing = scene.spacing or lattice_spacing(position)
    if abs(spacing - _SPACING) < 0.01 * _SPACING:  # rounding of the lattice's positions
        spacing = _SPACING
    cell = 2 * spacing
    cells = np.ceil((upper - lower) / cell - 1e-3)
    extent = tuple(float(n) * cell for n in cells)
    return Simulated(MPM(dt=dt, spacing=spacing, cell=cell, extent=extent))
