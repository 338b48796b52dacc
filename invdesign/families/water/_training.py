"""How simulators of water are trained, and how they learn from tools they are asked about."""

import dataclasses
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

import equinox as eqx
import numpy as np

from ...io import save_weights
from ...io._schema import Number, Seed, Share
from ...simulators import ParticleSimulator
from ...simulators.particle._build import USUAL_RANGES, ModelConfig, hyperparameters
from ...training import AbstractLearner, AbstractTraining, Lesson, Progress, TrainingRun
from ...training._config import TrainingConfig
from ...training.particle import (
    HELD_OUT,
    REHEARSAL_SEED,
    OneStepConfig,
    ParticleCourse,
    ParticleData,
    UnrollConfig,
    refinement,
)
from ._data import generate_water, join_water, metadata, ranges_of, water_scene, write_water
from ._random import NUM_PARTICLES, random_water

_LENGTH = 120


@dataclasses.dataclass(frozen=True)
class DataConfig:
    """Which data set: how many trajectories of how many frames, from which seed.

    `contact`: share of them with tools in the water's way; `clutter`: share of the others that is
    strewn with short pieces.
    """

    num_trajectories: Number
    seed: Seed
    clutter: Share
    contact: Share = 0.0
    frames: Number = _LENGTH


class WaterTraining(AbstractTraining):
    """Random water, single frames, then rollouts."""

    name, model, data, stages = "water", ModelConfig, DataConfig, (OneStepConfig, UnrollConfig)

    def folder(self, data: DataConfig) -> str:
        strewn = f"-clutter{data.clutter:g}" if data.clutter else ""
        met = f"-contact{data.contact:g}" if data.contact else ""
        long = f"-frames{data.frames}" if data.frames != _LENGTH else ""
        return f"water2d-{data.num_trajectories}-seed{data.seed}{strewn}{met}{long}"

    def generate(self, data: DataConfig, out: Path, progress: Progress) -> Path:
        return generate_water(
            out,
            num_trajectories=data.num_trajectories,
            seed=data.seed,
            num_steps=data.frames,
            water=random_water(data.clutter, data.contact),
            progress=progress,
        )

    def course(
        self,
        config: TrainingConfig,
        data: str | Path,
        *,
        start: Any = None,
        further: Sequence[str | Path] = (),
    ) -> ParticleCourse:
        arrays, described = join_water(data, *further)
        scene = partial(
            water_scene,
            obstacle_radius=described["scenes"]["obstacle_radius"],
            bounds=described["bounds"],
            gravity=described["gravity"],
        )
        given = ParticleData(arrays, described, scene, ranges_of(described))
        return ParticleCourse(config, given, start=start)

    def learner(
        self,
        simulator: Any,
        header: dict[str, Any],
        *,
        data: Path | None,
        out: Path,
        updates: int,
        seed: int,
    ) -> AbstractLearner[Any]:
        if data is not None:
            raise ValueError("`--data` is for models of sections; those of water need none.")
        return WaterLearner(ModelConfig(**header["model"]), updates=updates, seed=seed)


class WaterLearner(AbstractLearner[ParticleSimulator]):
    """Trains a `ParticleSimulator` on short rollouts from lessons and from random scenes.

    The random scenes, of which some are held out, keep it from forgetting: a network that only
    sees one task's tools soon knows nothing else.

    **Arguments:**

    - `model`: the simulator's hyper-parameters.
    - `updates`, `frames`, `learning_rate`, `growth`: of the rollouts, as `[[unroll]]` has them.
    - `rehearsal`: random scenes, at least 9 (8 of them judge); `clutter` of them strewn with
      short pieces.
    - `seed`: of the random scenes and of the windows.
    """

    model: ModelConfig = eqx.field(static=True)
    updates: int = 200
    frames: int = 16
    learning_rate: float = 1e-4
    growth: float = 2.0
    rehearsal: int = 48
    clutter: float = 0.35
    seed: int = 0

    def __check_init__(self):
        fits = self.rehearsal > HELD_OUT and self.updates >= 1 and self.frames >= 1
        if not (fits and self.growth >= 0):
            raise ValueError(
                f"`WaterLearner` needs a rehearsal above {HELD_OUT}, updates >= 1, frames >= 1 "
                f"and growth >= 0, got {self.rehearsal}, {self.updates}, {self.frames} and "
                f"{self.growth}."
            )

    def check(self, scene: Any) -> None:
        if scene.bodies:
            kinds = ", ".join(type(each).__name__ for each in scene.bodies)
            raise ValueError(f"Water models learn beside capsules alone; this task has {kinds}.")
        radius = random_water(0.0).obstacle_radius
        unit = np.array_equal(scene.lower, [0.0, 0.0]) and np.array_equal(scene.upper, [1.0, 1.0])
        alike = np.allclose(scene.segment_radius, radius)
        if not unit or not alike or len(scene.position) != NUM_PARTICLES:
            raise ValueError(
                f"Water models learn from {NUM_PARTICLES} particles in a box of 1 m with obstacles "
                f"of half thickness {radius:g} m; this task has {len(scene.position)} particles "
                f"in a box up to {np.asarray(scene.upper).round(6).tolist()} m."
            )

    def write(self, lessons: Sequence[Lesson], folder: Path) -> None:
        rows = [_row(lesson) for lesson in lessons]
        described = metadata(len(rows), self.seed, len(rows[0]["position"]) - 1, random_water(0.0))
        write_water(folder, rows, {**described, "name": "lessons"})

    def learn(
        self, simulator: ParticleSimulator, lessons: Sequence[Path], out: Path
    ) -> ParticleSimulator:
        rehearsal = generate_water(
            out / "rehearsal",
            num_trajectories=self.rehearsal,
            seed=REHEARSAL_SEED + self.seed + len(lessons),  # other scenes each time
            num_steps=_LENGTH,
            water=random_water(self.clutter),
        )
        run = TrainingRun(self._config(), rehearsal, out / "run", start=simulator, further=lessons)
        run.run()
        return eqx.tree_at(lambda s: s.network, simulator, run.simulator().network)

    def save(self, simulator: ParticleSimulator, path: Path) -> None:
        ranges = simulator.ranges or USUAL_RANGES
        header = hyperparameters(self.model, simulator.statistics, simulator.dt, ranges)
        save_weights(path, simulator, {"family": WaterTraining.name, **header})

    def _config(self) -> TrainingConfig:
        return refinement(
            WaterTraining(),
            self.model,
            DataConfig(self.rehearsal, REHEARSAL_SEED + self.seed, self.clutter),
            updates=self.updates,
            seed=self.seed,
            frames=self.frames,
            learning_rate=self.learning_rate,
            final_learning_rate=0.01 * self.learning_rate,
            position_noise=1e-3,
            growth=self.growth,
        )


def _row(lesson: Lesson) -> dict[str, np.ndarray]:
    """A trajectory as data sets hold it."""
    scene, frames = lesson
    columns: dict[str, Any] = {
        "position": np.concatenate([np.asarray(scene.position)[None], frames.position]),
        "velocity": np.concatenate([np.asarray(scene.velocity)[None], frames.velocity]),
        "segments": np.asarray(scene.segments),
    }
    return {key: value.astype(np.float32) for key, value in columns.items()}
