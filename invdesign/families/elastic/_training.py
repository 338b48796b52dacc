"""How simulators of elastic bodies are trained."""

from pathlib import Path

from ...simulators.mesh._build_springs import SpringModelConfig
from ...training import Progress, SeededTraining, TrainingConfig
from ...training.mesh import SpringCourse, SpringData, TransientConfig, TransientUnrollConfig
from ._data import NAME, elastic_ranges, generate_elastic, load_elastic


class ElasticTraining(SeededTraining):
    """Random strips that meet a disk, single frames, then perhaps rollouts."""

    name, model, stages = NAME, SpringModelConfig, (TransientConfig, TransientUnrollConfig)

    def make(self, out: Path, *, num_trajectories: int, seed: int, progress: Progress) -> Path:
        return generate_elastic(
            out, num_trajectories=num_trajectories, seed=seed, progress=progress
        )

    def fresh(self, config: TrainingConfig, data: str | Path) -> SpringCourse:
        arrays, described = load_elastic(data)
        spacing = described["scenes"]["spacing"]
        return SpringCourse(
            config, SpringData(arrays, described, spacing, elastic_ranges(described))
        )
