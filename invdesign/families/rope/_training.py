"""How simulators of ropes are trained."""

from pathlib import Path

from ...simulators.constraint._build import ConstraintModelConfig
from ...training import Progress, SeededTraining, TrainingConfig
from ...training.constraint import ConstraintCourse, ConstraintFrameConfig, FurtherFramesConfig
from ._data import NAME, generate_ropes, load_ropes


class RopeTraining(SeededTraining):
    """Random ropes, single frames, through the inner solve."""

    name, model, stages = NAME, ConstraintModelConfig, (ConstraintFrameConfig, FurtherFramesConfig)

    def make(self, out: Path, *, num_trajectories: int, seed: int, progress: Progress) -> Path:
        return generate_ropes(out, num_trajectories=num_trajectories, seed=seed, progress=progress)

    def fresh(self, config: TrainingConfig, data: str | Path) -> ConstraintCourse:
        return ConstraintCourse(config, load_ropes(data))
