"""Trajectories of elastic strips in sharded files."""

import dataclasses
import math
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import equinox as eqx
import jax
import msgspec
import numpy as np
from msgspec import Meta

from ..._rollout import rollout
from ..._version import __version__
from ...io._arrays import ArraySchema
from ...io._schema import Positive
from ...reference import Springs
from ...scenes import NodeKind, SpringScene, elastic_scene
from ...simulators.mesh._springs_ranges import SpringRanges
from ...training import Progress
from ...training._shards import (
    Metadata,
    check_size,
    generate_shards,
    joined,
    load_shards,
    read_metadata,
    read_shard,
    shard_path,
)
from ._strips import GRAVITY, RandomStrips

NAME = "elastic"
ELASTIC_FORMAT = 1
_SHARD = 50
_BEFORE = {"stiffness": (1.0, 1.0), "driven": 0.0}  # of data that say nothing of them
_STRIPS = RandomStrips()
_ARRAYS = {
    "rest": ArraySchema("trajectory node 2"),
    "position": ArraySchema("trajectory node 2"),
    "velocity": ArraySchema("trajectory node 2"),
    "edges": ArraySchema("trajectory pair 2", "iu"),
    "kind": ArraySchema("trajectory node", "iu"),
    "gravity": ArraySchema("trajectory 2"),
    "positions": ArraySchema("trajectory time node 2"),
}
_STIFFNESS = {"stiffness": ArraySchema("trajectory pair")}


class _StripScenes(msgspec.Struct):
    spacing: Positive


class ElasticMetadata(Metadata):
    """What `metadata.json` of trajectories of strips says, as far as it is used."""

    dt: Positive
    num_trajectories: Annotated[int, Meta(ge=1)]
    scenes: _StripScenes


def elastic_metadata(
    num_trajectories: int, seed: int, num_steps: int, strips: RandomStrips
) -> dict[str, Any]:
    """What a data set of strips is."""
    solver = Springs()
    settings = {f.name: getattr(solver, f.name) for f in dataclasses.fields(solver)}
    contact = {
        "radius": solver.contact.search.radius,
        "edges_per_node": solver.contact.search.edges_per_node,
    }
    return {
        "format": ELASTIC_FORMAT,
        "name": NAME,
        "units": {"length": "m", "time": "s"},
        "dt": solver.dt,
        "num_trajectories": num_trajectories,
        "num_steps": num_steps,
        "shard_size": _SHARD,
        "seed": seed,
        "scenes": dataclasses.asdict(strips),
        "solver": {**settings, "contact": contact},
        "version": __version__,
    }


def generate_elastic(
    out: str | Path,
    *,
    num_trajectories: int,
    seed: int,
    num_steps: int = 100,
    strips: RandomStrips = _STRIPS,
    progress: Progress = lambda done, total: None,
) -> Path:
    """Simulate random strips with `Springs` into `out`; goes on where it stopped.

    Trajectory `i` depends on `(seed, i)` alone. Shards hold the arrays of an `SpringScene` with a
    leading axis of trajectories, and `positions` of the nodes at every frame, the first included,
    (trajectory, time, node, 2) in metres; `metadata.json` names units and settings.

    **Raises:** `ValueError` if `num_trajectories` is not positive, or `out` holds anything other
    than a data set of the same settings.
    """

    def simulate(first: int, last: int, report: Callable[[int], None]) -> dict[str, np.ndarray]:
        rows = []
        for index in range(first, last):
            rows.append(_trajectory(strips, seed, index, num_steps))
            report(len(rows))
        return {key: np.stack([row[key] for row in rows]) for key in rows[0]}

    described = elastic_metadata(num_trajectories, seed, num_steps, strips)
    return generate_shards(out, described, simulate, measure=_measured, progress=progress)


def _measured(out: Path) -> dict[str, Any]:
    return {"complete": True}


def _trajectory(strips: RandomStrips, seed: int, index: int, num_steps: int) -> dict[str, Any]:
    rng, solver = np.random.default_rng([seed, index]), Springs()
    while True:
        sample = strips.sample(rng)
        positions, result = jax.device_get(_simulate(solver, elastic_scene(sample), num_steps))
        if int(result) == 0:  # a trajectory that crowds or diverges is drawn again
            return {**sample, "positions": np.concatenate([sample["position"][None], positions])}


@eqx.filter_jit
def _simulate(solver: Springs, scene: SpringScene, num_steps: int) -> tuple[Any, Any]:
    trajectory = rollout(solver, scene, num_steps=num_steps, throw=False)
    return trajectory.frames.position, trajectory.result


def load_elastic(path: str | Path) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
    """All trajectories of a data set, and its metadata.

    **Raises:** `ValueError` naming the file if one is missing, broken or of another format.
    """
    shards, described = load_shards(
        path, _read, names=(NAME,), file_format=ELASTIC_FORMAT, schema=ElasticMetadata
    )
    return joined(Path(path), shards), described


def _read(folder: Path, index: int, size: int) -> dict[str, np.ndarray]:
    known = "stiffness" in read_metadata(folder)["scenes"]  # everywhere 1 in data of 0.1
    shard = read_shard(folder, index, _ARRAYS | _STIFFNESS if known else _ARRAYS)
    check_size(shard_path(folder, index), len(shard["kind"]), size)
    _check_nodes(shard_path(folder, index), shard)
    if not known:
        shard["stiffness"] = np.ones(shard["edges"].shape[:2], np.float32)
    return shard


def _check_nodes(path: Path, shard: dict[str, np.ndarray]) -> None:
    """Refuse edges between nodes that are not there, and nodes of no kind."""
    edges, kind = shard["edges"], shard["kind"]
    if edges.min() < 0 or edges.max() >= kind.shape[1] or not np.isin(kind, list(NodeKind)).all():
        raise ValueError(f"`{path}` is damaged: its edges or kinds of nodes are out of range.")


def elastic_ranges(described: dict[str, Any]) -> SpringRanges:
    """The scenes of a data set of strips, as its metadata describe them."""
    scenes = {**_BEFORE, **described["scenes"]}
    least, most = scenes.pop("stiffness")
    strips = RandomStrips(**{**scenes, "gap": tuple(scenes["gap"]), "stiffness": (least, most)})
    rest, edges = strips.mesh()
    lengths = np.linalg.norm(rest[edges[:, 1]] - rest[edges[:, 0]], axis=1)
    return SpringRanges(
        edge=(float(lengths.min()), float(lengths.max())),
        speed=max(strips.fastest_drive, math.sqrt(2) * strips.swing),
        reach=strips.radius,
        gravity=GRAVITY,
        num_nodes=len(rest),
        num_steps=described["num_steps"],
        stiffness=strips.stiffness,
    )
