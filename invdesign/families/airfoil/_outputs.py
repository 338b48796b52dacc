"""What the run of an airfoil task leaves for the eye, and for other programs."""

import dataclasses
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from ..._judged import Judged
from ..._task import first_scene
from ..._verify import Judgement
from ...io import write_grid
from ...io._run_directory import RunDirectory
from ...reference import Consulted, OpenFOAM
from ...scenes import SectionFlow, SectionScene
from ...simulators import FlowSimulator
from ._flows_file import StoredFlows, write_flows
from ._grids import GRIDS, write_grids
from ._polar import Polar, polar, write_polars
from ._run_figure import render_foil_run

_ANGLES = np.arange(-2.0, 8.1, 1.0)  # degrees: those of the data
_SOLVED = _ANGLES[::2]  # a solver takes ten seconds for each
_PATIENCE = 400  # gentler iterations: near stall the usual ones take minutes an angle


def write_foil_outputs(
    run: RunDirectory, judged: Judged, simulator: FlowSimulator | Consulted, reference: Any
) -> None:
    """Write `flows.npz`, `polar.csv`, `grids.csv`, and grids with the flow for ParaView.

    Of a search through the solver itself there is nothing to compare with a reference.

    `airfoil.vtu` is the optimized section at the first point of flight under what it was found in,
    `airfoil-reference.vtu` the same in the solver that verified.

    **Arguments:** `reference`: the solver that verified, or `None`.
    """
    task = judged.task
    first, last = (_scene(judged, latent) for latent in (judged.start, judged.latent))
    learned = not isinstance(simulator, Consulted)
    searched = simulator.reference if isinstance(simulator, Consulted) else simulator
    assert isinstance(searched, FlowSimulator | OpenFOAM)
    solver = reference if learned and isinstance(reference, OpenFOAM) else None
    whose = "learned" if learned else "reference"
    initial, simulated = (_polar(scene, searched) for scene in (first, last))
    verified = None if solver is None else _polar(last, solver)
    trusted = searched if isinstance(searched, OpenFOAM) else solver
    coarse = None
    if trusted is not None and trusted.resolution > 1:
        coarse = _polar(last, dataclasses.replace(trusted, resolution=1))
    polars: dict[str, Polar | None] = {
        f"initial, {whose}": initial,
        f"optimized, {whose}": simulated,
    }
    polars |= {"optimized, reference": verified} if learned else {}
    polars |= {"optimized, reference on the working grid": coarse}
    stored = StoredFlows(
        initial=_flow(judged.before),
        simulated=_flow(judged.after),
        reference=None if judged.trusted is None or not learned else _flow(judged.trusted),
        initial_polar=initial.rows,
        simulated_polar=simulated.rows,
        reference_polar=None if verified is None else verified.rows,
        shapes=np.stack(
            [
                task.space.decode(jnp.asarray(latent, jnp.float32)).surface
                for latent in judged.champions
            ]
        ),
        coarse_polar=None if coarse is None else coarse.rows,
    )
    write_flows(run / "flows.npz", stored)
    _write_fields(run / "airfoil.vtu", stored.simulated)
    if stored.reference is not None:
        _write_fields(run / "airfoil-reference.vtu", stored.reference)
    write_polars(run / "polar.csv", polars)
    if trusted is not None:
        lift = round(float(np.ravel(task.conditions.lift)[0]), 6)  # of single precision
        write_grids(run / GRIDS, first, last, lift, trusted.resolution + 1)


def _polar(scene: SectionScene, simulator: FlowSimulator | OpenFOAM) -> Polar:
    if isinstance(simulator, OpenFOAM):
        return polar(scene, dataclasses.replace(simulator, patience=_PATIENCE), _SOLVED)
    return polar(scene, simulator, _ANGLES)


def _write_fields(path: Path, flow: SectionFlow) -> None:
    """Write a flow for ParaView; a case that failed has none."""
    if not np.isfinite(flow.pressure).all():
        return
    names = ("velocity", "pressure", "eddy_viscosity")
    write_grid(path, flow.nodes, **{name: getattr(flow, name) for name in names})


def _scene(judged: Judged, latent: Any) -> SectionScene:
    task = judged.task
    return first_scene(task, task.space.decode(jnp.asarray(latent)))


def _flow(judgement: Judgement) -> SectionFlow:
    return jax.tree.map(lambda x: jnp.asarray(x[-1]), judgement.trajectory.frames)


def draw_foil_outputs(run: RunDirectory) -> list[Path]:
    """Draw `figure.png` and `animation.gif` of an airfoil run from its files."""
    return list(render_foil_run(run.path))
