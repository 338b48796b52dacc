"""Trajectories of streams over random landscapes in sharded files."""

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from msgspec import Meta

from ..._rollout import rollout
from ..._version import __version__
from ...io._arrays import ArraySchema
from ...io._schema import Positive
from ...reference import MPM
from ...scenes import ParticleScene
from ...spaces import HeightDesign
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
from ._course import DT, NAME, REST, SPACING, BuildWatercourse, Stream, streams
from ._landscapes import RandomLandscapes
from ._reference import solver_of

FORMAT = 1
PARTS = 2  # of a frame that the data record
NUM_FRAMES = 80
LAYERS = 20
_SHARD = 20
_SHIFT, _SWAY = 0.03, 0.1  # m and m/s: three times and twice those of tasks
_ARRAYS = {
    "position": ArraySchema("trajectory time node 3"),
    "velocity": ArraySchema("trajectory time node 3"),
    "landed": ArraySchema("trajectory time node", kind="b"),
    "begins": ArraySchema("trajectory node", kind="iu"),
    "heights": ArraySchema("trajectory x z"),
}
_IN_TIME = ("position", "velocity", "landed")
_LANDSCAPES = RandomLandscapes()


class WatercourseMetadata(Metadata):
    """What `metadata.json` of watercourses says, as far as it is used."""

    dt: Positive
    num_trajectories: Annotated[int, Meta(ge=1)]
    num_steps: Annotated[int, Meta(ge=2)]


def scene_over(
    heights: Any, position: Any, velocity: Any, begins: Any, spacing: float = SPACING
) -> ParticleScene:
    """A landscape under water that begins to move in given frames; the tasks' box and gravity.

    **Arguments:** `heights`: in metres, `(x, z)`; `begins`: frames, `(node,)`.
    """
    heights = jnp.asarray(heights)
    stream = Stream(
        jnp.asarray(position), jnp.asarray(velocity), jnp.asarray(begins, jnp.int32), spacing
    )
    return BuildWatercourse()(HeightDesign(heights.reshape(-1), heights), stream)


def random_course(
    landscapes: RandomLandscapes, seed: int, index: int, layers: int = LAYERS
) -> ParticleScene:
    """A random landscape under a stream of its own; depends on `(seed, index)` alone."""
    rng = np.random.default_rng([seed, index])
    heights = REST + landscapes.sample(rng)
    water = streams(
        1, seed=int(rng.integers(2**31)), layers=layers, shift=_SHIFT, sway=_SWAY
    )  # fmt: skip
    one = jax.tree.map(lambda x: x[0], water)
    return scene_over(heights.astype(np.float32), one.position, one.velocity, one.frame)


@eqx.filter_jit
def _simulate(solver: MPM, scene: ParticleScene, num_steps: int) -> tuple[Any, Any]:
    trajectory = rollout(solver, scene, num_steps=num_steps, throw=False)
    return trajectory.frames, trajectory.result


def trajectory(scene: ParticleScene, *, num_frames: int, parts: int) -> dict[str, np.ndarray]:
    """A scene by the solver, every frame recorded in parts; the first moment included.

    **Raises:** `ValueError` if the solver fails.
    """
    assert scene.inflow is not None
    finer = eqx.tree_at(lambda s: s.inflow.frame, scene, parts * scene.inflow.frame)
    solver = solver_of(scene, DT / parts)
    frames, result = jax.device_get(_simulate(solver, finer, parts * num_frames))
    if int(result) != 0:
        raise ValueError("The solver failed on a random landscape; choose another seed.")
    position, velocity = (
        np.concatenate([np.asarray(start)[None], after])
        for start, after in ((scene.position, frames.position), (scene.velocity, frames.velocity))
    )
    never = np.zeros_like(frames.passage.landed[:1])
    return {
        "position": position.astype(np.float32),
        "velocity": velocity.astype(np.float32),
        "landed": np.concatenate([never, frames.passage.landed]),
        "begins": np.asarray(parts * scene.inflow.frame, np.int32),
        "heights": np.asarray(scene.bodies[0].heights, np.float32),  # type: ignore[attr-defined]
    }


def watercourse_metadata(
    num_trajectories: int, seed: int, num_frames: int, landscapes: RandomLandscapes
) -> dict[str, Any]:
    """What a data set of watercourses is, apart from its measured statistics."""
    scene = random_course(landscapes, 0, 0)
    solver = solver_of(scene, DT / PARTS)
    return {
        **_described(num_trajectories, PARTS * num_frames, DT / PARTS),
        "seed": seed,
        "scenes": {**dataclasses.asdict(landscapes), "layers": LAYERS, "spacing": SPACING},
        "solver": {f.name: getattr(solver, f.name) for f in dataclasses.fields(solver)},
        "version": __version__,
    }


def _described(num_trajectories: int, num_steps: int, dt: float) -> dict[str, Any]:
    """What every data set of watercourses says of itself."""
    return {
        "format": FORMAT,
        "name": NAME,
        "units": {"length": "m", "time": "s"},
        "dt": dt,
        "num_trajectories": num_trajectories,
        "num_steps": num_steps,
        "shard_size": _SHARD,
    }


def generate_watercourses(
    out: str | Path,
    *,
    num_trajectories: int,
    seed: int,
    num_frames: int = NUM_FRAMES,
    landscapes: RandomLandscapes = _LANDSCAPES,
    progress: Progress = lambda done, total: None,
) -> Path:
    """Simulate streams over random landscapes into `out`; goes on where it stopped.

    Trajectory `i` depends on `(seed, i)` alone. Shards hold float32 `position` (m) and `velocity`
    (m/s), both (trajectory, time, node, 3) at every half frame with the first moment included;
    `landed`, who has by then; `begins`, the half frame in which each begins to move; and
    `heights` (m). A particle is under way from `begins` until it has landed.

    **Raises:** `ValueError` if `num_trajectories` is not positive, or `out` holds anything other
    than a data set of the same settings.
    """

    def simulate(first: int, last: int, report: Callable[[int], None]) -> dict[str, np.ndarray]:
        rows = []
        for index in range(first, last):
            scene = random_course(landscapes, seed, index)
            rows.append(trajectory(scene, num_frames=num_frames, parts=PARTS))
            report(len(rows))
        return {key: np.stack([row[key] for row in rows]) for key in rows[0]}

    described = watercourse_metadata(num_trajectories, seed, num_frames, landscapes)
    return generate_shards(
        out, described, simulate, measure=lambda _: {"complete": True}, progress=progress
    )


def load_watercourses(path: str | Path) -> tuple[dict[str, np.ndarray], Mapping[str, Any]]:
    """All trajectories of a data set, and its metadata.

    **Raises:** `ValueError` naming the file if one is missing, broken or of another format.
    """
    shards, described = load_shards(
        path, _read, names=(NAME,), file_format=FORMAT, schema=WatercourseMetadata
    )
    return joined(Path(path), shards), described


def write_lessons(out: str | Path, rows: Sequence[Mapping[str, np.ndarray]]) -> Path:
    """Trajectories of whole frames that are there already as a data set, its metadata last.

    **Arguments:** `rows`: as in a shard, a mapping a trajectory.
    """
    described = {
        **_described(len(rows), len(rows[0]["position"]) - 1, DT),
        "scenes": {"layers": LAYERS, "spacing": SPACING},
    }
    return write_rows(out, rows, described, measure=lambda _: {"complete": True})


def join_watercourses(
    path: str | Path, *others: str | Path
) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
    """The trajectories of several data sets, those of the first one last, and its metadata.

    Cut to the length that all have. Where one records whole frames and another parts of them, only
    whole ones are kept.

    **Raises:** `ValueError` as `load_watercourses`, or naming the data sets if numbers of particles
    or of heights differ.
    """
    loaded = [load_watercourses(each) for each in (*others, path)]
    longest = max(described["dt"] for _, described in loaded)
    parts = [_every(arrays, round(longest / about["dt"])) for arrays, about in loaded]
    for name, part in zip((*others, path), parts, strict=True):
        for key in ("begins", "heights"):
            if part[key].shape[1:] != parts[-1][key].shape[1:]:
                raise ValueError(
                    f"`{name}` and `{path}` cannot be joined: `{key}` are "
                    f"{part[key].shape[1:]} and {parts[-1][key].shape[1:]} numbers."
                )
    last = min(part["position"].shape[1] for part in parts)
    arrays = {
        key: np.concatenate(
            [part[key][:, :last] if key in _IN_TIME else part[key] for part in parts]
        )
        for key in _ARRAYS
    }
    return arrays, {**loaded[-1][1], "dt": longest, "num_steps": last - 1}


def _every(arrays: Mapping[str, np.ndarray], number: int) -> dict[str, np.ndarray]:
    """Trajectories of which every so many frames are kept."""
    thinned = {key: arrays[key][:, ::number] for key in _IN_TIME}
    return {**arrays, **thinned, "begins": arrays["begins"] // number}


def _read(folder: Path, index: int, size: int) -> dict[str, np.ndarray]:
    shard = read_shard(folder, index, _ARRAYS)
    check_size(shard_path(folder, index), len(shard["position"]), size)
    return shard
