"""Trajectories of the reference solver in sharded files, with everything one must know of them."""

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import equinox as eqx
import jax
import jax.numpy as jnp
import msgspec
import numpy as np
from msgspec import Meta

from ..._rollout import rollout
from ..._version import __version__
from ...io._arrays import ArraySchema
from ...io._schema import Positive
from ...reference import MPM
from ...scenes import ParticleScene
from ...simulators.particle._ranges import ParticleRanges
from ...training import Progress
from ...training._shards import (
    Metadata,
    check_size,
    generate_shards,
    joined,
    load_shards,
    read_shard,
    shard_path,
    write_rows,
)
from ._random import NUM_PARTICLES, RandomWater, with_slots

DATA_FORMAT = 2
NAMES = ("water", "water2d", "lessons")  # the first is written, the others were
_SHARD = {
    "position": ArraySchema("trajectory time node 2"),
    "velocity": ArraySchema("trajectory time node 2"),
    "segments": ArraySchema("trajectory *segment 2 2"),
}
SHARD_SIZE = 50
DEFAULT_WATER = RandomWater()
_Pair = tuple[float, float]
# Of `RandomWater`; what reads data takes the box and the gravity that their metadata name.
_UNIT_BOX = ((0.0, 0.0), (1.0, 1.0))
_GRAVITY = (0.0, -9.81)


class _WaterStatistics(msgspec.Struct):
    velocity: Positive
    position_change: Positive
    velocity_change: Positive


class _WaterScenes(msgspec.Struct):
    obstacle_radius: Positive


class WaterMetadata(Metadata):
    """What `metadata.json` of trajectories of water says, as far as it is used."""

    bounds: tuple[_Pair, _Pair]
    gravity: _Pair
    dt: Positive
    num_trajectories: Annotated[int, Meta(ge=1)]
    num_particles: Annotated[int, Meta(ge=1)]
    scenes: _WaterScenes
    statistics: _WaterStatistics


def water_scene(
    sample: Mapping[str, Any],
    obstacle_radius: float,
    bounds: Sequence[Sequence[float]] = _UNIT_BOX,
    gravity: Sequence[float] = _GRAVITY,
) -> ParticleScene:
    """A scene from the arrays of `RandomWater.sample`, of their type.

    **Arguments:** `bounds`: lower and upper corner of its box in metres; `gravity`: in m/s^2.
    """
    dtype = jnp.result_type(sample["position"])
    segments = jnp.asarray(sample["segments"], dtype)
    return ParticleScene(
        position=jnp.asarray(sample["position"], dtype),
        velocity=jnp.asarray(sample["velocity"], dtype),
        segments=segments,
        segment_radius=jnp.full((segments.shape[0],), obstacle_radius, dtype),
        lower=jnp.asarray(bounds[0], dtype),
        upper=jnp.asarray(bounds[1], dtype),
        gravity=jnp.asarray(gravity, dtype),
    )


@eqx.filter_jit
def _simulate(simulator: MPM, scene: ParticleScene, num_steps: int) -> tuple[Any, Any]:
    trajectory = rollout(simulator, scene, num_steps=num_steps, throw=False)
    return trajectory.frames, trajectory.result


def metadata(
    num_trajectories: int, seed: int, num_steps: int, water: RandomWater
) -> dict[str, Any]:
    """What a data set is, apart from its measured statistics."""
    solver = MPM(spacing=water.spacing)
    return {
        "format": DATA_FORMAT,
        "name": NAMES[0],
        "units": {"length": "m", "time": "s"},
        "bounds": [list(corner) for corner in _UNIT_BOX],
        "gravity": list(_GRAVITY),
        "dt": solver.dt,
        "num_trajectories": num_trajectories,
        "num_steps": num_steps,
        "num_particles": NUM_PARTICLES,
        "shard_size": SHARD_SIZE,
        "seed": seed,
        "scenes": _described(water),
        "solver": {f.name: getattr(solver, f.name) for f in dataclasses.fields(solver)},
        "version": __version__,
    }


def _described(water: RandomWater) -> dict[str, Any]:
    """Its settings; without the share that older data sets do not know, where it is nothing."""
    settings = dataclasses.asdict(water)
    return settings if water.contact else {k: v for k, v in settings.items() if k != "contact"}


def generate_water(
    out: str | Path,
    *,
    num_trajectories: int,
    seed: int,
    num_steps: int = 120,
    water: RandomWater = DEFAULT_WATER,
    progress: Progress = lambda done, total: None,
) -> Path:
    """Simulate random scenes with the reference solver into `out`; goes on where it stopped.

    Trajectory `i` depends on `(seed, i)` alone. Shards hold float32 arrays `position` (m) and
    `velocity` (m/s), both (trajectory, time, node, 2) with the initial frame first, and
    `segments`; `metadata.json` names units, bounds, solver settings and statistics.

    **Raises:** `ValueError` if `num_trajectories` is not positive, or `out` holds anything other
    than a data set of the same settings.
    """
    solver = MPM(spacing=water.spacing)

    def simulate(first: int, last: int, report: Callable[[int], None]) -> dict[str, np.ndarray]:
        rows = []
        for index in range(first, last):
            rows.append(_trajectory(solver, water, seed, index, num_steps))
            report(len(rows))
        return {key: np.stack([row[key] for row in rows]) for key in rows[0]}

    described = metadata(num_trajectories, seed, num_steps, water)
    return generate_shards(
        out, described, simulate, measure=partial(measured, described=described), progress=progress
    )


def _trajectory(
    solver: MPM, water: RandomWater, seed: int, index: int, num_steps: int
) -> dict[str, np.ndarray]:
    rng = np.random.default_rng([seed, index])
    while True:
        sample = water.sample(rng)
        scene = water_scene(sample, water.obstacle_radius)
        frames, result = jax.device_get(_simulate(solver, scene, num_steps))
        if int(result) == 0:  # a diverged trajectory is drawn again
            break
    return {
        "position": np.concatenate([sample["position"][None], frames.position]),
        "velocity": np.concatenate([sample["velocity"][None], frames.velocity]),
        "segments": sample["segments"],
    }


def measured(out: Path, described: Mapping[str, Any]) -> dict[str, Any]:
    """What the metadata of a complete data set say besides."""
    return {"statistics": statistics(out, described)}


def statistics(out: Path, described: Mapping[str, Any]) -> dict[str, float]:
    """Scales the network's inputs and outputs are measured in, metres and frames.

    `velocity`, and what a frame adds to positions and to velocities beyond free flight.
    """
    shard = read_shard(out, 0, _SHARD)
    position, velocity = shard["position"], described["dt"] * shard["velocity"]
    gravity = np.array(described["gravity"], np.float32) * described["dt"] ** 2
    flight = velocity[:, :-1] + 0.5 * gravity
    return {
        "velocity": float(velocity.std()),
        "position_change": float((np.diff(position, axis=1) - flight).std()),
        "velocity_change": float((np.diff(velocity, axis=1) - gravity).std()),
    }


def write_water(
    out: str | Path, rows: Sequence[Mapping[str, np.ndarray]], described: Mapping[str, Any]
) -> Path:
    """Trajectories as a data set of its own; its metadata are written last, when it is complete.

    **Arguments:** `rows` as in a shard, a mapping a trajectory; `described` as `metadata` has it.
    """
    described = {**described, "num_trajectories": len(rows)}
    return write_rows(out, rows, described, measure=partial(measured, described=described))


def join_water(
    path: str | Path, *others: str | Path
) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
    """The trajectories of several data sets, those of the first one last, and its metadata.

    Cut to the frames that all have; slots for obstacles as the richest has them.

    **Raises:** `ValueError` as `load_water`, or if particles or units of time and space differ.
    """
    loaded = [load_water(each) for each in (*others, path)]
    base = loaded[-1][1]
    for name, (_, described) in zip((*others, path), loaded, strict=True):
        for key in ("bounds", "gravity", "dt", "num_particles"):
            if described[key] != base[key]:
                raise ValueError(
                    f"`{name}` and `{path}` cannot be joined: {key} is {described[key]}, "
                    f"not {base[key]}."
                )
    frames = min(arrays["position"].shape[1] for arrays, _ in loaded)
    slots = max(arrays["segments"].shape[1] for arrays, _ in loaded)
    parts = {
        "position": [arrays["position"][:, :frames] for arrays, _ in loaded],
        "velocity": [arrays["velocity"][:, :frames] for arrays, _ in loaded],
        "segments": [with_slots(arrays["segments"], slots) for arrays, _ in loaded],
    }
    return {key: np.concatenate(part) for key, part in parts.items()}, base


def load_water(path: str | Path) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
    """All trajectories of a data set, and its metadata.

    **Raises:** `ValueError` naming the file if one is missing, broken or of another format.
    """
    path = Path(path)
    shards, described = load_shards(
        path, _read, names=NAMES, file_format=DATA_FORMAT, schema=WaterMetadata
    )
    for index, shard in enumerate(shards):
        nodes = shard["position"].shape[2]
        if nodes != described["num_particles"]:
            raise ValueError(
                f"`{shard_path(path, index)}` holds {nodes} particles instead of "
                f"{described['num_particles']}."
            )
    return joined(path, shards), described


def _read(folder: Path, index: int, size: int) -> dict[str, np.ndarray]:
    shard = read_shard(folder, index, _SHARD)
    check_size(shard_path(folder, index), len(shard["position"]), size)
    return shard


def ranges_of(described: dict[str, Any]) -> ParticleRanges:
    """The scenes of a data set, as its metadata describe them.

    Speeds are drawn from a normal distribution along each axis: the fastest water is taken to be
    at three times its width, which one block in ninety exceeds.
    """
    scenes = described["scenes"]
    lower, upper = described["bounds"]
    return ParticleRanges(
        spacing=scenes["spacing"],
        speed=3.0 * scenes["speed"],
        radius=(scenes["obstacle_radius"], scenes["obstacle_radius"]),
        lower=tuple(lower),
        upper=tuple(upper),
        gravity=tuple(described["gravity"]),
        num_particles=described["num_particles"],
        num_steps=described["num_steps"],
    )
