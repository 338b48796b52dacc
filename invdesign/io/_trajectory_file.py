"""`trajectory.npz`: all that the pictures of a run need, so that they can be made again."""

import dataclasses
from pathlib import Path
from typing import Any

import jax
import numpy as np

from ._atomic import read_npz, write_npz

Array = np.ndarray | jax.Array

_OPTIONAL = {"region", "reference"}
_AXES = {
    "lower": 1,
    "upper": 1,
    "region": 2,
    "spacing": 0,
    "dt": 0,
    "tool_segments": 3,
    "tool_radius": 1,
    "initial_tool_segments": 3,
    "initial_tool_radius": 1,
    "obstacle_segments": 3,
    "obstacle_radius": 1,
    "initial": 3,
    "simulated": 3,
    "reference": 3,
}


@dataclasses.dataclass(frozen=True)
class StoredTrajectory:
    """One unseen condition of a plane water task, played with three pairs of tool and simulator.

    Lengths in meters, times in seconds. Trajectories are positions of all particles,
    `(time, node, 2)`, the first frame being the start.

    **Arguments:**

    - `lower`, `upper`: corners of the box, `(2,)`.
    - `region`: lower and upper corner of the goal, `(2, 2)`, or `None`.
    - `spacing`: distance of neighboring particles at rest.
    - `dt`: time between two frames.
    - `tool_segments`, `tool_radius`: the optimized tool, `(segment, 2, 2)` and `(segment,)`.
    - `initial_tool_segments`, `initial_tool_radius`: the tool the search started from.
    - `obstacle_segments`, `obstacle_radius`: what stands beside the tool, possibly nothing.
    - `initial`: the initial tool under the simulator that was descended through.
    - `simulated`: the optimized tool under the same simulator.
    - `reference`: the optimized tool under the reference solver, or `None`.
    """

    lower: Array
    upper: Array
    region: Array | None
    spacing: float
    dt: float
    tool_segments: Array
    tool_radius: Array
    initial_tool_segments: Array
    initial_tool_radius: Array
    obstacle_segments: Array
    obstacle_radius: Array
    initial: Array
    simulated: Array
    reference: Array | None


def write_trajectory(path: str | Path, trajectory: StoredTrajectory) -> Path:
    """Write a trajectory atomically, in single precision.

    **Raises:** `ValueError` if the file cannot be written.
    """
    fields = dataclasses.asdict(trajectory)
    arrays = {k: np.asarray(v, np.float32) for k, v in fields.items() if v is not None}
    return write_npz(path, **arrays)


def read_trajectory(path: str | Path) -> StoredTrajectory:
    """A trajectory from a file.

    **Raises:** `ValueError` naming the file if it is missing, damaged, or lacks an array.
    """
    arrays: dict[str, Any] = dict(read_npz(path))
    for name, axes in _AXES.items():
        if name not in arrays and name in _OPTIONAL:
            arrays[name] = None
        elif name not in arrays or arrays[name].ndim != axes:
            raise ValueError(f"`{path}` is not a trajectory: it needs `{name}` with {axes} axes.")
    fields = {name: arrays[name] for name in _AXES}
    numbers = {name: float(fields[name]) for name in ("spacing", "dt")}
    return StoredTrajectory(**{**fields, **numbers})
