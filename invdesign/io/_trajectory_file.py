"""`trajectory.npz`: all that the pictures of a run need, so that they can be made again."""

import dataclasses
from pathlib import Path
from typing import Any

import jax
import numpy as np

from ._arrays import ArraySchema, check_arrays
from ._npz import read_npz, write_npz

Array = np.ndarray | jax.Array

_LIMIT = 2**28  # bytes of all arrays together
_FRAMES = ("initial", "simulated", "reference")
_SCHEMA = {
    "lower": ArraySchema("2"),
    "upper": ArraySchema("2"),
    "region": ArraySchema("corner 2", optional=True),
    "spacing": ArraySchema("", above=0.0),
    "dt": ArraySchema("", above=0.0),
    "tool_segments": ArraySchema("tool 2 2"),
    "tool_radius": ArraySchema("tool", above=0.0),
    "initial_tool_segments": ArraySchema("tool 2 2"),
    "initial_tool_radius": ArraySchema("tool", above=0.0),
    "obstacle_segments": ArraySchema("*obstacle 2 2"),
    "obstacle_radius": ArraySchema("*obstacle", above=0.0),
    # What a simulation that failed had come to is not finite from some frame on.
    "initial": ArraySchema("time node 2", finite=False),
    "simulated": ArraySchema("time node 2", finite=False),
    "reference": ArraySchema("time node 2", finite=False, optional=True),
}


@dataclasses.dataclass(frozen=True)
class StoredTrajectory:
    """One unseen condition of a plane water task, played with three pairs of tool and simulator.

    Lengths in meters, times in seconds. Trajectories are positions of all particles,
    `(time, node, 2)`, the first frame being the start.

    **Arguments:**

    - `lower`, `upper`: corners of the box, `(2,)`.
    - `region`: lower and upper corner of the goal, `(2, 2)`, or of several one after the other,
      `(corner, 2)`; or `None`.
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

    **Raises:** `ValueError` naming the file if it is missing or damaged, if an array is missing, of
    another shape than the others ask for, or not finite, or if the box or a time has no size.
    """
    arrays: dict[str, Any] = check_arrays(path, read_npz(path, limit=_LIMIT), _SCHEMA)
    if not (arrays["lower"] < arrays["upper"]).all():
        raise ValueError(f"`{path}`: `upper` has to be above `lower` along both axes.")
    if len(arrays.get("region", ())) % 2:
        raise ValueError(f"`{path}`: `region` needs a lower and an upper corner for each goal.")
    for name in _FRAMES:
        if name in arrays:
            _check_frames(path, name, arrays[name])
    fields = {name: arrays.get(name) for name in _SCHEMA}
    numbers = {name: float(arrays[name]) for name in ("spacing", "dt")}
    return StoredTrajectory(**{**fields, **numbers})


def known_frames(positions: Array) -> int:
    """How many frames of `(time, node, 2)` there are before the first that is not finite."""
    unknown = np.flatnonzero(~np.isfinite(np.asarray(positions)).all(axis=(1, 2)))
    return int(unknown[0]) if unknown.size else len(positions)


def _check_frames(path: str | Path, name: str, positions: np.ndarray) -> None:
    """Refuse numbers that are not finite, unless a simulation failed: none comes back from that."""
    number = known_frames(positions)
    after = np.isfinite(positions[number:]).all(axis=(1, 2))
    if number == 0 or after.any():
        raise ValueError(f"`{path}`: `{name}` is not finite at frame {number}.")
