"""How simulators of the Kuramoto-Sivashinsky equation are trained."""

from pathlib import Path

from ...simulators.grid._build import GridModelConfig
from ...training import Progress, SeededTraining, TrainingConfig
from ...training.grid import FieldFrameConfig, FieldUnrollConfig, GridCourse
from ._data import NAME, generate_fields, load_fields


class FieldTraining(SeededTraining):
    """Random fields, single frames, then perhaps rollouts."""

    name, model, stages = NAME, GridModelConfig, (FieldFrameConfig, FieldUnrollConfig)

    def make(self, out: Path, *, num_trajectories: int, seed: int, progress: Progress) -> Path:
        return generate_fields(out, num_trajectories=num_trajectories, seed=seed, progress=progress)

    def fresh(self, config: TrainingConfig, data: str | Path) -> GridCourse:
        return GridCourse(config, load_fields(data))
