"""How simulators of the Kuramoto-Sivashinsky equation are trained."""

import dataclasses
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ...io._schema import Number, Seed
from ...simulators.grid._build import GridModelConfig
from ...training import AbstractTraining, Progress, TrainingConfig
from ...training.grid import FieldFrameConfig, FieldUnrollConfig, GridCourse
from ._data import NAME, generate_fields, load_fields


@dataclasses.dataclass(frozen=True)
class FieldDataConfig:
    """Which data set: how many trajectories, from which seed."""

    num_trajectories: Number
    seed: Seed


class FieldTraining(AbstractTraining):
    """Random fields, single frames, then perhaps rollouts."""

    name, model, data = NAME, GridModelConfig, FieldDataConfig
    stages = (FieldFrameConfig, FieldUnrollConfig)

    def folder(self, data: FieldDataConfig) -> str:
        return f"{NAME}-{data.num_trajectories}-seed{data.seed}"

    def generate(self, data: FieldDataConfig, out: Path, progress: Progress) -> Path:
        return generate_fields(
            out, num_trajectories=data.num_trajectories, seed=data.seed, progress=progress
        )

    def course(
        self,
        config: TrainingConfig,
        data: str | Path,
        *,
        start: Any = None,
        further: Sequence[str | Path] = (),
    ) -> GridCourse:
        if start is not None or further:
            raise ValueError(f"`{config.name}` starts from fresh weights and one data set.")
        return GridCourse(config, load_fields(data))
