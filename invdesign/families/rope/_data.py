"""Trajectories of ropes in sharded files."""

import dataclasses
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import numpy as np
from msgspec import Meta

from ..._version import __version__
from ...io._arrays import ArraySchema
from ...io._schema import Positive
from ...reference import MuJoCo
from ...scenes import NodeKind
from ...scenes._ropes import rope_scene
from ...simulators.constraint._ranges import RopeRanges
from ...training import Progress
from ...training._shards import (
    Metadata,
    check_size,
    generate_shards,
    joined,
    load_shards,
    read_shard,
    shard_path,
)
from ...training.constraint import MotionData
from ._rollouts import ROPES
from ._ropes import LINK, RADIUS, RandomRopes

NAME = "rope"
NUM_FRAMES = 160
_FORMAT = 1
_SHARD = 100
_ROPES = RandomRopes()
_ARRAYS = {
    "position": ArraySchema("trajectory node 2"),
    "velocity": ArraySchema("trajectory node 2"),
    "links": ArraySchema("trajectory pair 2", "iu"),
    "kind": ArraySchema("trajectory node", "iu"),
    "damping": ArraySchema("trajectory node", above=0.0),
    "positions": ArraySchema("trajectory time node 2"),
}


class RopeMetadata(Metadata):
    """What `metadata.json` of trajectories of ropes says, as far as it is used."""

    dt: Positive
    num_trajectories: Annotated[int, Meta(ge=1)]
    num_steps: Annotated[int, Meta(ge=2)]


def rope_metadata(
    num_trajectories: int, seed: int, num_steps: int, ropes: RandomRopes
) -> dict[str, Any]:
    """What a data set of ropes is."""
    solver = MuJoCo()
    return {
        "format": _FORMAT,
        "name": NAME,
        "units": {"length": "m", "time": "s"},
        "dt": solver.dt,
        "num_trajectories": num_trajectories,
        "num_steps": num_steps,
        "shard_size": _SHARD,
        "seed": seed,
        "scenes": {**dataclasses.asdict(ropes), "link": LINK, "radius": RADIUS},
        "solver": {"name": "mujoco", "timestep": solver.timestep},
        "version": __version__,
    }


def generate_ropes(
    out: str | Path,
    *,
    num_trajectories: int,
    seed: int,
    num_steps: int = NUM_FRAMES,
    ropes: RandomRopes = _ROPES,
    progress: Progress = lambda done, total: None,
) -> Path:
    """Simulate random ropes with `MuJoCo` into `out`; goes on where it stopped.

    Trajectory `i` depends on `(seed, i)` alone. Shards hold the arrays of a `RopeScene` with a
    leading axis of trajectories, and `positions` of the nodes at every frame, the first included,
    (trajectory, time, node, 2) in metres; `metadata.json` names units and settings.

    **Raises:** `ValueError` if `num_trajectories` is not positive, `out` holds anything other than
    a data set of the same settings, or MuJoCo is not installed.
    """

    def simulate(first: int, last: int, report: Callable[[int], None]) -> dict[str, np.ndarray]:
        rows = []
        for index in range(first, last):
            rows.append(
                simulated_rope(ropes.sample(np.random.default_rng([seed, index])), num_steps)
            )
            report(len(rows))
        return {key: np.stack([row[key] for row in rows]) for key in rows[0]}

    described = rope_metadata(num_trajectories, seed, num_steps, ropes)
    return generate_shards(
        out, described, simulate, measure=lambda _: {"complete": True}, progress=progress
    )


def simulated_rope(
    arrays: dict[str, np.ndarray], num_steps: int, **further: Any
) -> dict[str, np.ndarray]:
    """The arrays of a rope, and its `positions` by MuJoCo.

    **Arguments:** `further`: what the scene has besides, such as obstacles.

    **Raises:** `ValueError` if MuJoCo failed, or is not installed.
    """
    scene = rope_scene(arrays, radius=RADIUS, **further)
    (trajectory,) = MuJoCo().trajectories([scene], num_steps=num_steps)
    if int(trajectory.result) != 0:
        raise ValueError("MuJoCo failed on a random rope; choose another seed.")
    positions = np.concatenate([trajectory.initial.position[None], trajectory.frames.position])
    return {**arrays, "positions": positions}


def load_ropes(path: str | Path) -> MotionData:
    """All trajectories of a data set, and its metadata.

    **Raises:** `ValueError` naming the file if one is missing, broken or of another format.
    """
    shards, described = load_shards(
        path, _read, names=(NAME,), file_format=_FORMAT, schema=RopeMetadata
    )
    arrays = joined(Path(path), shards)
    return MotionData(arrays, described, _measured_ranges(arrays, described), ROPES)


def _read(folder: Path, index: int, size: int) -> dict[str, np.ndarray]:
    path, shard = shard_path(folder, index), read_shard(folder, index, _ARRAYS)
    check_size(path, len(shard["kind"]), size)
    links, kind = shard["links"], shard["kind"]
    chained = (links[..., 0] == np.arange(kind.shape[1] - 1)).all() and (links >= 0).all()
    if not (chained and links.max() < kind.shape[1] and np.isin(kind, list(NodeKind)).all()):
        raise ValueError(f"`{path}` is damaged: its links or kinds of nodes are out of range.")
    return shard


def _measured_ranges(arrays: dict[str, np.ndarray], described: dict[str, Any]) -> RopeRanges:
    free = arrays["kind"] == NodeKind.FREE
    speed = np.linalg.norm(np.diff(arrays["positions"], axis=1), axis=-1) / described["dt"]
    damping = arrays["damping"][free]
    return RopeRanges(
        link=(LINK, LINK),
        damping=(float(damping.min()), float(damping.max())),
        speed=float(speed.max()),
        num_nodes=free.shape[1],
        num_steps=described["num_steps"],
    )
