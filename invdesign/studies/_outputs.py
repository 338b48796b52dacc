"""What a run leaves for the eye, by the kind of its task."""

from typing import Any

from .._simulator import AbstractSimulator
from .._verify import as_design
from ..io import RunDirectory, write_trajectory
from ..simulators import FoilSimulator
from ..spaces import FoilDesign
from ..viz import render_run
from ._foil_outputs import draw_foil_outputs, write_foil_outputs
from ._judged import Judged
from ._picture import has_picture, stored_trajectory


def write_outputs(
    run: RunDirectory, judged: Judged, simulator: AbstractSimulator, reference: Any
) -> None:
    """Write what the pictures are drawn from, for tasks that have any.

    **Arguments:** `simulator`: that was descended through; `reference`: the solver that verified,
    or `None`.
    """
    task = judged.task
    design = as_design(task, judged.latent)
    if isinstance(design, FoilDesign) and isinstance(simulator, FoilSimulator):
        write_foil_outputs(run, judged, simulator, reference)
    elif has_picture(task):
        trusted = None if judged.trusted is judged.after else judged.trusted
        two = judged.before, judged.after, trusted
        stored = stored_trajectory(task, judged.start, judged.latent, *two, dt=simulator.dt)
        write_trajectory(run / "trajectory.npz", stored)


def draw_outputs(run: RunDirectory) -> list[Any]:
    """Draw `figure.png` and `animation.gif` of a run from its files, if it has any to draw."""
    if (run / "trajectory.npz").exists():
        return list(render_run(run.path))
    if (run / "flows.npz").exists():
        return draw_foil_outputs(run)
    return []
