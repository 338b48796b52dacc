"""What worlds of balls in a box have in common: how data are made, and how models learn."""

import dataclasses
from pathlib import Path
from typing import ClassVar

from ..simulators.constraint._build import ConstraintModelConfig
from ..training import Progress, SeededTraining, TrainingConfig
from ..training.constraint import ConstraintCourse, ConstraintFrameConfig, FurtherFramesConfig
from ._boxed_data import BoxedWorld
from ._source import AbstractSource


@dataclasses.dataclass(frozen=True)
class BoxedSource(AbstractSource):
    """Random scenes of a world."""

    world: ClassVar[BoxedWorld]

    def generate(self, out: Path, *, number: int, seed: int, progress: Progress) -> Path:
        return self.world.generate(out, num_trajectories=number, seed=seed, progress=progress)


class BoxedTraining(SeededTraining):
    """Random scenes of a world, single frames, through the inner solve."""

    world: ClassVar[BoxedWorld]
    model, stages = ConstraintModelConfig, (ConstraintFrameConfig, FurtherFramesConfig)

    def make(self, out: Path, *, num_trajectories: int, seed: int, progress: Progress) -> Path:
        return self.world.generate(
            out, num_trajectories=num_trajectories, seed=seed, progress=progress
        )

    def fresh(self, config: TrainingConfig, data: str | Path) -> ConstraintCourse:
        return ConstraintCourse(config, self.world.load(data))
