"""Training from fresh weights on one data set that a number and a seed describe."""

import abc
import dataclasses
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ..io._schema import Number, Seed
from ._course import AbstractCourse
from ._world import AbstractTraining, Progress


@dataclasses.dataclass(frozen=True)
class SeededData:
    """Which data set: how many trajectories, from which seed."""

    num_trajectories: Number
    seed: Seed


class SeededTraining(AbstractTraining):
    """What such a world still has to say is how its data are made, and what is learned of them."""

    data = SeededData

    @abc.abstractmethod
    def make(self, out: Path, *, num_trajectories: int, seed: int, progress: Progress) -> Path:
        """As `generate`."""

    @abc.abstractmethod
    def fresh(self, config: Any, data: str | Path) -> AbstractCourse:
        """As `course`, without a start or further data."""

    def folder(self, data: SeededData) -> str:
        return f"{self.name}-{data.num_trajectories}-seed{data.seed}"

    def generate(self, data: SeededData, out: Path, progress: Progress) -> Path:
        number, seed = data.num_trajectories, data.seed
        return self.make(out, num_trajectories=number, seed=seed, progress=progress)

    def course(
        self,
        config: Any,
        data: str | Path,
        *,
        start: Any = None,
        further: Sequence[str | Path] = (),
    ) -> AbstractCourse:
        if start is not None or further:
            raise ValueError(f"`{config.name}` starts from fresh weights and one data set.")
        return self.fresh(config, data)
