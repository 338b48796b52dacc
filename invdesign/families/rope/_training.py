"""How simulators of ropes are trained."""

import dataclasses
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ...io._schema import Number, Seed
from ...simulators.constraint._build import ConstraintModelConfig
from ...training import AbstractTraining, Progress, TrainingConfig
from ...training.constraint import ConstraintCourse, ConstraintFrameConfig
from ._data import NAME, generate_ropes, load_ropes


@dataclasses.dataclass(frozen=True)
class RopeDataConfig:
    """Which data set: how many trajectories, from which seed."""

    num_trajectories: Number
    seed: Seed


class RopeTraining(AbstractTraining):
    """Random ropes, single frames, through the inner solve."""

    name, model, data = NAME, ConstraintModelConfig, RopeDataConfig
    stages = (ConstraintFrameConfig,)

    def folder(self, data: RopeDataConfig) -> str:
        return f"{NAME}-{data.num_trajectories}-seed{data.seed}"

    def generate(self, data: RopeDataConfig, out: Path, progress: Progress) -> Path:
        return generate_ropes(
            out, num_trajectories=data.num_trajectories, seed=data.seed, progress=progress
        )

    def course(
        self,
        config: TrainingConfig,
        data: str | Path,
        *,
        start: Any = None,
        further: Sequence[str | Path] = (),
    ) -> ConstraintCourse:
        if start is not None or further:
            raise ValueError(f"`{config.name}` starts from fresh weights and one data set.")
        return ConstraintCourse(config, load_ropes(data))
