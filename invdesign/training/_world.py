"""What the training of a world is composed of; the runner knows no world by name."""

import abc
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, ClassVar

from ._course import AbstractCourse
from ._lessons import AbstractLearner

Progress = Callable[[int, int], None]  # of what is done, and of all there is to do


class AbstractTraining(abc.ABC):
    """The part of training that knows a world; a configuration carries it.

    - `name`: of the world, in configurations and in headers of weights.
    - `model`, `data`: dataclasses of the tables that a configuration has under these names.
    - `stages`: dataclasses of its stages in the order in which they are trained; each names its
      `table`, and is `repeated` if a configuration holds a list of them.
    """

    name: ClassVar[str]
    model: ClassVar[type]
    data: ClassVar[type]
    stages: ClassVar[tuple[Any, ...]]

    @abc.abstractmethod
    def folder(self, data: Any) -> str:
        """The name of the folder of a configuration's data: the same data share it."""

    @abc.abstractmethod
    def generate(self, data: Any, out: Path, progress: Progress) -> Path:
        """Make a configuration's data, or what is missing of it.

        **Raises:** `ValueError` if `out` holds anything else.
        """

    @abc.abstractmethod
    def course(
        self,
        config: Any,
        data: str | Path,
        *,
        start: Any = None,
        further: Sequence[str | Path] = (),
    ) -> AbstractCourse:
        """What a run learns from; arguments as those of `TrainingRun`."""

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
        """How a simulator goes on learning, for `refine`.

        **Arguments:** `header`: of its weights file; `data`: of its training, or `None` for what
        there is by default; `out`: the folder of the refinement.

        **Raises:** `ValueError` if there is no way yet, or if data is given that is not there or
        has no effect.
        """
        raise ValueError(f"Models of `{self.name}` cannot go on learning from designs yet.")
