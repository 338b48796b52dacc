"""What the run of a water task leaves for the eye, and a tool's files."""

from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp

from ..._geometry import closest_points
from ..._judged import Judged
from ...io._run_directory import RunDirectory
from ...io._trajectory_file import known_frames, read_trajectory, write_trajectory
from ...viz.exhibit import Exhibit, titles
from .._showing import AbstractShowing
from ._exhibit import water_exhibit
from ._picture import has_picture, stored_trajectory
from ._render import render_run

_TOUCHING = 0.05  # fraction of the particles that makes a contact
_FILE = "trajectory.npz"


class WaterShowing(AbstractShowing):
    """The first unseen condition: initial tool, optimized tool, both simulators."""

    files = (_FILE,)

    def write(self, run: RunDirectory, judged: Judged, simulator: Any, reference: Any) -> bool:
        task = judged.task
        if not has_picture(task):
            return False
        trusted = None if judged.trusted is judged.after else judged.trusted
        judgements = judged.before, judged.after, trusted
        stored = stored_trajectory(task, judged.start, judged.latent, *judgements, dt=simulator.dt)
        write_trajectory(run / _FILE, stored)
        return True

    def draw(self, run: RunDirectory) -> list[Path]:
        return list(render_run(run.path)) if (run / _FILE).exists() else []

    def exhibit(self, run: RunDirectory) -> Exhibit:
        if not (run / _FILE).exists():
            return Exhibit()
        return water_exhibit(read_trajectory(run / _FILE), titles(run.configuration))

    def failures(self, run: RunDirectory) -> list[str]:
        if not (run / _FILE).exists():
            return []
        stored = read_trajectory(run / _FILE)
        shown = {name: getattr(stored, name) for name in ("initial", "simulated", "reference")}
        return [
            f"the simulation `{name}` failed after {known_frames(frames)} of {len(frames)} frames"
            for name, frames in shown.items()
            if frames is not None and known_frames(frames) < len(frames)
        ]

    def touching(self, design: Any, frames: Any, gap: float) -> Any:
        if not hasattr(design, "segments"):
            return None

        def touches(position: Any) -> Any:
            _, distance = closest_points(position, design.segments)
            near = jnp.any(distance - design.segment_radius[None] < gap, axis=1)
            return jnp.mean(near.astype(position.dtype)) >= _TOUCHING

        return jax.vmap(touches)(frames.position)
