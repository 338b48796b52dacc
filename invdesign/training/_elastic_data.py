"""Trajectories of elastic strips in sharded files."""

import dataclasses
import os
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import equinox as eqx
import jax
import msgspec
import numpy as np
from msgspec import Meta

from .._rollout import rollout
from .._version import __version__
from ..io import ArraySchema, Positive, as_record, check_format, write_npz
from ..reference import Springs
from ..scenes import ElasticScene, NodeKind
from ._elastic_scenes import RandomStrips, elastic_scene
from ._shards import (
    Metadata,
    check_size,
    claim,
    complete,
    joined,
    read_metadata,
    read_shard,
    shard_path,
    sizes,
)

ELASTIC_FORMAT = 1
_SHARD = 50
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
Progress = Callable[[int, int], None]


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
        "name": "elastic",
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

    Trajectory `i` depends on `(seed, i)` alone. Shards hold the arrays of an `ElasticScene` with a
    leading axis of trajectories, and `positions` of the nodes at every frame, the first included,
    (trajectory, time, node, 2) in metres; `metadata.json` names units and settings.

    **Raises:** `ValueError` if `num_trajectories` is not positive, or `out` holds anything other
    than a data set of the same settings.
    """
    if num_trajectories < 1:
        raise ValueError(f"`generate_elastic` needs num_trajectories >= 1, got {num_trajectories}.")
    out = Path(out)
    described = elastic_metadata(num_trajectories, seed, num_steps, strips)
    if claim(out, described):
        return out
    for first in range(0, num_trajectories, _SHARD):
        last = min(first + _SHARD, num_trajectories)
        path = shard_path(out, first // _SHARD)
        if not os.path.lexists(path):
            rows = []
            for index in range(first, last):
                rows.append(_trajectory(strips, seed, index, num_steps))
                progress(index + 1, num_trajectories)
            write_npz(path, **{k: np.stack([row[k] for row in rows]) for k in rows[0]})
        progress(last, num_trajectories)
    complete(out, described | {"complete": True}, -(-num_trajectories // _SHARD))
    return out


def _trajectory(strips: RandomStrips, seed: int, index: int, num_steps: int) -> dict[str, Any]:
    rng, solver = np.random.default_rng([seed, index]), Springs()
    while True:
        sample = strips.sample(rng)
        positions, result = jax.device_get(_simulate(solver, elastic_scene(sample), num_steps))
        if int(result) == 0:  # a trajectory that crowds or diverges is drawn again
            return {**sample, "positions": np.concatenate([sample["position"][None], positions])}


@eqx.filter_jit
def _simulate(solver: Springs, scene: ElasticScene, num_steps: int) -> tuple[Any, Any]:
    trajectory = rollout(solver, scene, num_steps=num_steps, throw=False)
    return trajectory.frames.position, trajectory.result


def load_elastic(path: str | Path) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
    """All trajectories of a data set, and its metadata.

    **Raises:** `ValueError` naming the file if one is missing, broken or of another format.
    """
    path = Path(path)
    described = read_metadata(path)
    check_format(path / "metadata.json", described, ELASTIC_FORMAT)
    if described["name"] != "elastic":
        raise ValueError(f"`{path}` holds no data set of strips.")
    if not described.pop("complete", False):
        raise ValueError(f"`{path}` is not complete; the same `invdesign data` command goes on.")
    as_record(described, ElasticMetadata, path=path / "metadata.json")
    shards = []
    for index, size in enumerate(sizes(described["num_trajectories"], described["shard_size"])):
        shards.append(read_shard(path, index, _ARRAYS))
        check_size(shard_path(path, index), len(shards[-1]["kind"]), size)
        _check_nodes(shard_path(path, index), shards[-1])
    return joined(path, shards), described


def _check_nodes(path: Path, shard: dict[str, np.ndarray]) -> None:
    """Refuse edges between nodes that are not there, and nodes of no kind."""
    edges, kind = shard["edges"], shard["kind"]
    if edges.min() < 0 or edges.max() >= kind.shape[1] or not np.isin(kind, list(NodeKind)).all():
        raise ValueError(f"`{path}` is damaged: its edges or kinds of nodes are out of range.")
