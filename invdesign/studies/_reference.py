"""The reference solver that fits a task."""

import jax
import numpy as np

from .._task import Task
from ..reference import MPM, AbstractReference, OpenFOAM, Simulated
from ..scenes import FoilScene, ParticleScene
from ._picture import first_scene, lattice_spacing

_SPACING = 1 / 80  # what models are trained at


def default_reference(task: Task, *, dt: float = 0.01) -> AbstractReference:
    """The MPM with the particle spacing and the box of a task's scenes; OpenFOAM for sections.

    **Arguments:** `dt`: seconds a frame.

    **Raises:** `ValueError` if there is no solver for such scenes as the task's.
    """
    scene = first_scene(task, task.space.decode(task.space.initial()))
    if isinstance(scene, FoilScene):
        return OpenFOAM()
    if not isinstance(scene, ParticleScene):
        raise ValueError(
            "There are reference solvers for scenes of particles and of sections; "
            f"`{task.name}` builds a {type(scene).__name__}."
        )
    position, lower, upper = jax.device_get((scene.position, scene.lower, scene.upper))
    spacing = scene.spacing or lattice_spacing(position)
    if abs(spacing - _SPACING) < 0.01 * _SPACING:  # rounding of the lattice's positions
        spacing = _SPACING
    cell = 2 * spacing
    cells = np.ceil((upper - lower) / cell - 1e-3)
    extent = tuple(float(n) * cell for n in cells)
    return Simulated(MPM(dt=dt, spacing=spacing, cell=cell, extent=extent))
