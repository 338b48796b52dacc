"""How simulators of watercourses are trained."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ...scenes import ParticleScene
from ...simulators.particle._build import ModelConfig
from ...simulators.particle._ranges import ParticleRanges
from ...training import AbstractLearner, Progress, SeededTraining, TrainingConfig
from ...training._shards import has_metadata
from ...training.particle import OneStepConfig, StreamCourse, StreamData, UnrollConfig
from ._agreement import NUMBERS, agreement, landed_of
from ._course import CEILING, DT, FLOOR, NAME, SPACING, THICKNESS
from ._data import PARTS, generate_watercourses, join_watercourses, scene_over
from ._learner import WatercourseLearner

_FASTEST = 1.2  # m/s at the pipe's mouth, with some sway


class WatercourseTraining(SeededTraining):
    """Streams over random landscapes: single half frames, then rollouts."""

    name, model, stages = NAME, ModelConfig, (OneStepConfig, UnrollConfig)

    def make(self, out: Path, *, num_trajectories: int, seed: int, progress: Progress) -> Path:
        return generate_watercourses(
            out, num_trajectories=num_trajectories, seed=seed, progress=progress
        )

    def fresh(self, config: TrainingConfig, data: str | Path) -> StreamCourse:
        return self.course(config, data)

    def course(
        self,
        config: TrainingConfig,
        data: str | Path,
        *,
        start: Any = None,
        further: Sequence[str | Path] = (),
    ) -> StreamCourse:
        if config.model.parts != PARTS:
            raise ValueError(
                f"`{config.name}` needs `model.parts = {PARTS}`: the data record half frames; got "
                f"{config.model.parts}."
            )
        arrays, described = join_watercourses(data, *further)
        parts = round(DT / described["dt"])
        lessons = len(arrays["position"]) - described["num_trajectories"]
        given = StreamData(arrays, described, _scene, ranges_of(described), parts, lessons)
        return StreamCourse(config, given, columns=NUMBERS, score=_score, start=start)

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
        if data is not None and not has_metadata(data):
            raise ValueError(
                f"There is no data set in `{data}`; `invdesign data {NAME}` makes one."
            )
        model = ModelConfig(**header["model"])
        return WatercourseLearner(self, model, data, updates=updates, seed=seed)


def _scene(moment: Mapping[str, Any]) -> ParticleScene:
    return scene_over(**moment)


def _score(arrays: Mapping[str, np.ndarray], frames: Any, parts: int) -> dict[str, float]:
    """Of a rollout beside a trajectory of the data."""
    landed = arrays["landed"]
    when = DT / parts * landed.argmax(axis=0)
    truth = landed_of(arrays["position"][-1], landed[-1], when)
    passage = frames.passage
    found = landed_of(frames.position[-1], passage.landed[-1], passage.when[-1])
    return agreement(found, truth)


def ranges_of(described: Mapping[str, Any]) -> ParticleRanges:
    """The scenes of a data set."""
    return ParticleRanges(
        spacing=SPACING,
        speed=_FASTEST,
        radius=(THICKNESS, THICKNESS),
        lower=(FLOOR[0][0], 0.0, FLOOR[0][1]),
        upper=(FLOOR[1][0], CEILING, FLOOR[1][1]),
        gravity=(0.0, -9.81, 0.0),
        num_particles=32 * described["scenes"]["layers"],
        num_steps=round(described["num_steps"] * described["dt"] / DT),
        bodies=("Landscape",),
    )
