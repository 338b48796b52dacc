"""What a run leaves for the eye, by the kind of its task."""

import contextlib
from collections.abc import Iterator
from typing import Any

from .._simulator import AbstractSimulator
from .._verify import as_design
from ..io import RunDirectory, known_frames, read_trajectory, write_trajectory
from ..simulators import FoilSimulator
from ..spaces import FoilDesign
from ..viz import render_run
from ._foil_outputs import draw_foil_outputs, write_foil_outputs
from ._judged import Judged
from ._picture import has_picture, stored_trajectory
from ._result import is_finished, read_result


def write_outputs(
    run: RunDirectory, judged: Judged, simulator: AbstractSimulator, reference: Any
) -> list[str]:
    """Write what the pictures are drawn from, for tasks that have any; notes on what failed.

    **Arguments:** `simulator`: that was descended through; `reference`: the solver that verified,
    or `None`.
    """
    with _noted("what the pictures are drawn from could not be made") as notes:
        if not _write(run, judged, simulator, reference):
            notes.append("such a design has no picture: they show sections, or water and a tool")
    return notes


def drawn(run: RunDirectory) -> list[str]:
    """Draw the pictures of a run; notes on what failed, for no picture is worth a result."""
    with _noted("the pictures could not be drawn") as notes:
        draw_outputs(run)
    return notes


@contextlib.contextmanager
def _noted(what: str) -> Iterator[list[str]]:
    """Turns what fails into a note, but for writing, which the next attempt may do."""
    notes: list[str] = []
    try:
        yield notes
    except Exception as error:
        if isinstance(error, OSError) or isinstance(error.__cause__, OSError):
            raise
        reason = (str(error).strip() or "no message").splitlines()[0]
        notes.append(f"{what} ({type(error).__name__}: {reason})")


def _write(run: RunDirectory, judged: Judged, simulator: AbstractSimulator, reference: Any) -> bool:
    task = judged.task
    design = as_design(task, judged.latent)
    if isinstance(design, FoilDesign) and isinstance(simulator, FoilSimulator):
        write_foil_outputs(run, judged, simulator, reference)
        return True
    if has_picture(task):
        trusted = None if judged.trusted is judged.after else judged.trusted
        two = judged.before, judged.after, trusted
        stored = stored_trajectory(task, judged.start, judged.latent, *two, dt=simulator.dt)
        write_trajectory(run / "trajectory.npz", stored)
        return True
    return False


def draw_outputs(run: RunDirectory) -> list[Any]:
    """Draw `figure.png` and `animation.gif` of a run from its files, if it has any to draw."""
    if is_finished(run):
        read_result(run)  # the titles' numbers are from there
    if (run / "trajectory.npz").exists():
        return list(render_run(run.path))
    if (run / "flows.npz").exists():
        return draw_foil_outputs(run)
    return []


def failures(run: RunDirectory) -> list[str]:
    """Sentences on the simulations that a run's picture shows up to where they failed."""
    if not (run / "trajectory.npz").exists():
        return []
    stored = read_trajectory(run / "trajectory.npz")
    shown = {name: getattr(stored, name) for name in ("initial", "simulated", "reference")}
    return [
        f"the simulation `{name}` failed after {known_frames(frames)} of {len(frames)} frames"
        for name, frames in shown.items()
        if frames is not None and known_frames(frames) < len(frames)
    ]
