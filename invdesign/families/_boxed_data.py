"""Trajectories of balls in a box in sharded files, for the worlds that are made of them."""

import abc
import dataclasses
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import numpy as np
from msgspec import Meta

from .._version import __version__
from ..io._arrays import ArraySchema
from ..io._schema import Positive
from ..reference import MuJoCo
from ..scenes._balls import ABSENT
from ..simulators.constraint._ranges import BallRanges
from ..training import Progress
from ..training._shards import (
    Metadata,
    check_size,
    generate_shards,
    joined,
    load_shards,
    read_shard,
    shard_path,
)
from ..training.constraint import Boxed, MotionData

NUM_FRAMES = 160
_FORMAT = 1
_SHARD = 100
_ARRAYS = {
    "position": ArraySchema("trajectory node 2"),
    "velocity": ArraySchema("trajectory node 2"),
    "body": ArraySchema("trajectory node", "iu"),
    "radius": ArraySchema("trajectory node", above=0.0),
    "mass": ArraySchema("trajectory node", above=0.0),
    "lower": ArraySchema("trajectory 2"),
    "upper": ArraySchema("trajectory 2"),
    "positions": ArraySchema("trajectory time node 2"),
}


@dataclasses.dataclass(frozen=True)
class AbstractScenes(abc.ABC):
    """A frozen dataclass of what varies."""

    @abc.abstractmethod
    def sample(self, rng: np.random.Generator) -> dict[str, np.ndarray]:
        """Arrays of a `BallScene`."""


class BoxedMetadata(Metadata):
    """What `metadata.json` of trajectories of balls says, as far as it is used."""

    dt: Positive
    num_trajectories: Annotated[int, Meta(ge=1)]
    num_steps: Annotated[int, Meta(ge=2)]


@dataclasses.dataclass(frozen=True)
class BoxedWorld:
    """A world of balls in a box.

    **Arguments:** `name`; `scenes`: what its data are of, and `larger`: what models are tested on;
    `sizes`: both in words; `examples`: what models see of them.
    """

    name: str
    scenes: AbstractScenes
    larger: AbstractScenes
    sizes: tuple[str, str]
    examples: Boxed

    @property
    def horizon(self) -> int:
        """Frames over which errors mean something."""
        return self.examples.horizon or NUM_FRAMES

    def generate(
        self,
        out: str | Path,
        *,
        num_trajectories: int,
        seed: int,
        num_steps: int = NUM_FRAMES,
        progress: Progress = lambda done, total: None,
    ) -> Path:
        """Simulate random scenes with `MuJoCo` into `out`; goes on where it stopped.

        Trajectory `i` depends on `(seed, i)` alone. Shards hold the arrays of a `BallScene` with a
        leading axis of trajectories, and `positions` of the balls at every frame, the first
        included, (trajectory, time, node, dim) in metres; `metadata.json` names units and settings.

        **Raises:** `ValueError` if `num_trajectories` is not positive, `out` holds anything other
        than a data set of the same settings, or MuJoCo is not installed.
        """

        def simulate(first: int, last: int, report: Callable[[int], None]) -> dict[str, np.ndarray]:
            rows = []
            for index in range(first, last):
                arrays = self.scenes.sample(np.random.default_rng([seed, index]))
                rows.append(self.simulated(arrays, num_steps))
                report(len(rows))
            return {key: np.stack([row[key] for row in rows]) for key in rows[0]}

        described = self.described(num_trajectories, seed, num_steps)
        return generate_shards(
            out, described, simulate, measure=lambda _: {"complete": True}, progress=progress
        )

    def described(self, num_trajectories: int, seed: int, num_steps: int) -> dict[str, Any]:
        """What a data set is."""
        solver, examples = MuJoCo(), self.examples
        physics = {"bounce": examples.bounce, "drag": examples.drag}
        return {
            "format": _FORMAT,
            "name": self.name,
            "units": {"length": "m", "time": "s", "mass": "kg"},
            "dt": solver.dt,
            "num_trajectories": num_trajectories,
            "num_steps": num_steps,
            "shard_size": _SHARD,
            "seed": seed,
            "scenes": {**dataclasses.asdict(self.scenes), **physics},
            "solver": {"name": "mujoco", "timestep": solver.timestep},
            "version": __version__,
        }

    def simulated(
        self, arrays: dict[str, np.ndarray], num_steps: int, **further: Any
    ) -> dict[str, np.ndarray]:
        """The arrays of a scene, and its `positions` by MuJoCo.

        **Arguments:** `further`: what the scene has besides, such as obstacles.

        **Raises:** `ValueError` if MuJoCo failed, or is not installed.
        """
        scene = self.examples.scene(arrays, **further)
        (trajectory,) = MuJoCo().trajectories([scene], num_steps=num_steps)
        if int(trajectory.result) != 0:
            raise ValueError("MuJoCo failed on a random scene; choose another seed.")
        positions = np.concatenate([trajectory.initial.position[None], trajectory.frames.position])
        return {**arrays, "positions": positions}

    def load(self, path: str | Path) -> MotionData:
        """All trajectories of a data set, and its metadata.

        **Raises:** `ValueError` naming the file if one is missing, broken or of another format.
        """
        shards, described = load_shards(
            path, _read, names=(self.name,), file_format=_FORMAT, schema=BoxedMetadata
        )
        arrays = joined(Path(path), shards)
        return MotionData(arrays, described, self._ranges(arrays, described), self.examples)

    def _ranges(self, arrays: dict[str, np.ndarray], described: dict[str, Any]) -> BallRanges:
        free = arrays["body"] != ABSENT
        speed = np.linalg.norm(np.diff(arrays["positions"], axis=1), axis=-1) / described["dt"]
        return BallRanges(
            radius=_least_and_most(arrays["radius"][free]),
            mass=_least_and_most(arrays["mass"][free]),
            speed=float(speed.max()),
            size=tuple((arrays["upper"] - arrays["lower"])[0].tolist()),
            bounce=self.examples.bounce,
            drag=self.examples.drag,
            num_nodes=free.shape[1],
            num_steps=described["num_steps"],
        )


def _least_and_most(values: np.ndarray) -> tuple[float, float]:
    return float(values.min()), float(values.max())


def _read(folder: Path, index: int, size: int) -> dict[str, np.ndarray]:
    path, shard = shard_path(folder, index), read_shard(folder, index, _ARRAYS)
    check_size(path, len(shard["body"]), size)
    body = shard["body"]
    if not ((body >= ABSENT) & (body < body.shape[1])).all():
        raise ValueError(f"`{path}` is damaged: its numbers of bodies are out of range.")
    return shard
