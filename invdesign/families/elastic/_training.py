"""How simulators of elastic bodies are trained."""

import dataclasses
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ...io._schema import Number, Seed
from ...simulators.mesh._build_springs import ElasticModelConfig
from ...training import AbstractTraining, Progress, TrainingConfig
from ...training.mesh import ElasticCourse, ElasticData, TransientConfig
from ._data import NAME, elastic_ranges, generate_elastic, load_elastic


@dataclasses.dataclass(frozen=True)
class ElasticDataConfig:
    """Which data set: how many trajectories, from which seed."""

    num_trajectories: Number
    seed: Seed


class ElasticTraining(AbstractTraining):
    """Random strips that meet a disk, single frames."""

    name, model, data, stages = NAME, ElasticModelConfig, ElasticDataConfig, (TransientConfig,)

    def folder(self, data: ElasticDataConfig) -> str:
        return f"{NAME}-{data.num_trajectories}-seed{data.seed}"

    def generate(self, data: ElasticDataConfig, out: Path, progress: Progress) -> Path:
        return generate_elastic(
            out, num_trajectories=data.num_trajectories, seed=data.seed, progress=progress
        )

    def course(
        self,
        config: TrainingConfig,
        data: str | Path,
        *,
        start: Any = None,
        further: Sequence[str | Path] = (),
    ) -> ElasticCourse:
        if start is not None or further:
            raise ValueError(f"`{config.name}` starts from fresh weights and one data set.")
        arrays, described = load_elastic(data)
        spacing = described["scenes"]["spacing"]
        return ElasticCourse(
            config, ElasticData(arrays, described, spacing, elastic_ranges(described))
        )
