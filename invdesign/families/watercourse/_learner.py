"""How simulators of watercourses learn from landscapes they are asked about."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import equinox as eqx
import numpy as np

from ...io import save_weights
from ...scenes import Landscape, ParticleScene
from ...simulators import ParticleSimulator
from ...simulators.particle._build import ModelConfig, hyperparameters
from ...training import AbstractLearner, Lesson, SeededData, TrainingConfig, TrainingRun
from ...training._world import AbstractTraining
from ...training.particle import HELD_OUT, REHEARSAL_SEED, refinement
from ._course import NAME
from ._data import generate_watercourses, random_course, write_lessons
from ._landscapes import RandomLandscapes


class WatercourseLearner(AbstractLearner[ParticleSimulator]):
    """Trains a `ParticleSimulator` on short rollouts from lessons and from random landscapes.

    The random landscapes, of which some are held out, keep it from forgetting. All rollouts are
    compared with the truth at whole frames, which is what a reference solver records.

    **Arguments:**

    - `world`: the training of watercourses.
    - `model`: the simulator's hyper-parameters.
    - `data`: a data set to go on learning from, whose last 8 trajectories judge; `None` for
      `rehearsal` random landscapes, at least 9, drawn anew each time.
    - `updates`, `frames`, `learning_rate`, `flow`: of the rollouts, as `[[unroll]]` has them;
      `frames` are whole ones.
    - `seed`: of the random landscapes and of the windows.
    """

    world: AbstractTraining = eqx.field(static=True)
    model: ModelConfig = eqx.field(static=True)
    data: Path | None = eqx.field(static=True, default=None)
    updates: int = 200
    frames: int = 8
    learning_rate: float = 2e-4
    flow: float = 8.0
    rehearsal: int = 32
    seed: int = 0

    def __check_init__(self):
        fits = self.rehearsal > HELD_OUT and self.updates >= 1 and self.frames >= 1
        if not (fits and self.flow >= 0):
            raise ValueError(
                f"`WatercourseLearner` needs a rehearsal above {HELD_OUT}, updates >= 1, frames "
                f">= 1 and flow >= 0, got {self.rehearsal}, {self.updates}, {self.frames} and "
                f"{self.flow}."
            )

    def check(self, scene: Any) -> None:
        found, known = _facts(scene), _facts(random_course(RandomLandscapes(), 0, 0))
        for mine, theirs in zip(known, found, strict=True):
            if theirs != mine:
                raise ValueError(
                    f"Models of watercourses learn from scenes with {mine}; this task has {theirs}."
                )

    def write(self, lessons: Sequence[Lesson], folder: Path) -> None:
        write_lessons(folder, list(map(_row, lessons)))

    def learn(
        self, simulator: ParticleSimulator, lessons: Sequence[Path], out: Path
    ) -> ParticleSimulator:
        data = self.data or generate_watercourses(
            out / "rehearsal",
            num_trajectories=self.rehearsal,
            seed=REHEARSAL_SEED + self.seed + len(lessons),  # other landscapes each time
        )
        run = TrainingRun(self._config(), data, out / "run", start=simulator, further=lessons)
        run.run()
        return eqx.tree_at(lambda s: s.network, simulator, run.simulator().network)

    def save(self, simulator: ParticleSimulator, path: Path) -> None:
        assert simulator.ranges is not None
        header = hyperparameters(self.model, simulator.statistics, simulator.dt, simulator.ranges)
        save_weights(path, simulator, {"family": NAME, **header})

    def _config(self) -> TrainingConfig:
        return refinement(
            self.world,
            self.model,
            SeededData(self.rehearsal, REHEARSAL_SEED + self.seed),
            updates=self.updates,
            seed=self.seed,
            frames=self.frames,
            learning_rate=self.learning_rate,
            final_learning_rate=0.04 * self.learning_rate,
            position_noise=5e-4,
            flow=self.flow,
        )


def _facts(scene: ParticleScene) -> tuple[str, ...]:
    """What has to be the same in all scenes that are learned from together, in words."""
    shapes = [body.heights.shape for body in scene.bodies if isinstance(body, Landscape)]
    lower, upper = (np.asarray(corner).round(6).tolist() for corner in (scene.lower, scene.upper))
    heights = ", ".join(f"{x} x {z}" for x, z in shapes)
    return (
        f"{len(scene.position)} particles",
        f"{scene.spacing} m between them",
        f"a landscape of {heights} heights" if heights else "no landscape",
        f"a box from {lower} to {upper} m",
    )


def _row(lesson: Lesson) -> dict[str, np.ndarray]:
    """A trajectory as data sets hold it, of whole frames."""
    scene, frames = lesson

    def over_time(start: Any, after: Any) -> np.ndarray:
        return np.concatenate([np.asarray(start)[None], np.asarray(after)])

    landed = frames.passage.landed
    return {
        "position": over_time(scene.position, frames.position).astype(np.float32),
        "velocity": over_time(scene.velocity, frames.velocity).astype(np.float32),
        "landed": over_time(np.zeros_like(landed[0]), landed),
        "begins": np.asarray(scene.inflow.frame, np.int32),
        "heights": np.asarray(scene.bodies[0].heights, np.float32),
    }
