"""The pictures of a run, from its directory alone."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from ..._solve import load_history
from ...io import read_run_directory
from ...io._atomic import write_bytes
from ...io._reading import read_json
from ...io._trajectory_file import StoredTrajectory, read_trajectory
from ...viz._animation import animation
from ...viz._run_figure import run_figure, simulator_in_words
from ...viz._scene import scenery_of
from ...viz._style import save_figure


def run_animation(trajectory: StoredTrajectory, *, simulator: str) -> bytes:
    """The optimized tool in motion, the reference solver beside the simulator where known.

    **Arguments:** `simulator`: what the run was searched through, in words.
    """
    panels = [(simulator.capitalize(), np.asarray(trajectory.simulated))]
    if trajectory.reference is not None:
        panels.append(("Reference solver", np.asarray(trajectory.reference)))
    tool = (np.asarray(trajectory.tool_segments), np.asarray(trajectory.tool_radius))
    return animation(panels, scenery_of(trajectory), tool=tool, dt=trajectory.dt)


def render_run(
    directory: str | Path, summary: Mapping[str, Any] | None = None
) -> tuple[Path, Path]:
    """Write `figure.png` and `animation.gif` of a run from its files, without re-running it.

    Reads `config.json`, `history.csv`, `trajectory.npz` and, if it is there, `verification.json`.

    **Arguments:**

    - `directory`: a run directory.
    - `summary`: the numbers of the title, as `run_figure` takes them, beside what the
      configuration and the verification hold under the same names.

    **Returns:** the two paths.

    **Raises:** `ValueError` with the file and the reason if one is missing or damaged.
    """
    run = read_run_directory(directory)
    verified = read_json(run / "verification.json") if (run / "verification.json").exists() else {}
    numbers = {**run.configuration, **verified, **(summary or {})}
    trajectory = read_trajectory(run / "trajectory.npz")
    history = load_history(run / "history.csv").columns
    figure = run_figure(trajectory, history, numbers)
    moving = run_animation(trajectory, simulator=simulator_in_words(numbers))
    return (
        save_figure(run / "figure.png", figure),
        write_bytes(run / "animation.gif", moving),
    )
