"""Trajectories of elastic strips in sharded files."""

import dataclasses
from collections.abc import Callable
from pathlib import Path
from typing import Any

import equinox as eqx
import jax
import numpy as np

from .._rollout import rollout
from .._scene import ElasticScene
from .._version import __version__
from ..io import read_json, read_npz, write_json, write_npz
from ..reference import Springs
from ._data import claim
from ._elastic_scenes import RandomStrips, elastic_scene

ELASTIC_FORMAT = 1
_SHARD = 50
_STRIPS = RandomStrips()
Progress = Callable[[int, int], None]


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
    claim(out, described)
    for first in range(0, num_trajectories, _SHARD):
        last = min(first + _SHARD, num_trajectories)
        path = out / f"shard-{first // _SHARD:05d}.npz"
        if not path.exists():
            rows = []
            for index in range(first, last):
                rows.append(_trajectory(strips, seed, index, num_steps))
                progress(index + 1, num_trajectories)
            write_npz(path, **{k: np.stack([row[k] for row in rows]) for k in rows[0]})
        progress(last, num_trajectories)
    write_json(out / "metadata.json", described | {"complete": True})
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
    described = read_json(path / "metadata.json")
    if described.get("format") != ELASTIC_FORMAT or described.get("name") != "elastic":
        raise ValueError(f"`{path}` holds no data set of strips of format {ELASTIC_FORMAT}.")
    if not described.pop("complete", False):
        raise ValueError(f"`{path}` is not complete; the same `invdesign data` command goes on.")
    num_shards = -(-described["num_trajectories"] // described["shard_size"])
    shards = [read_npz(path / f"shard-{index:05d}.npz") for index in range(num_shards)]
    return {key: np.concatenate([s[key] for s in shards]) for key in shards[0]}, described
