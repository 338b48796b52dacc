"""What a learned simulator is taught after its training: trajectories of a trusted solver."""

import abc
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Generic, NamedTuple, TypeVar

import equinox as eqx

from .._simulator import AbstractSimulator

Simulator = TypeVar("Simulator", bound=AbstractSimulator)


class Lesson(NamedTuple):
    """A scene, and what the trusted solver made of it: the frames after each step."""

    scene: Any
    frames: Any


class AbstractLearner(eqx.Module, Generic[Simulator]):
    """How simulators of a kind learn from lessons; what `refine` needs to know of a kind."""

    @abc.abstractmethod
    def check(self, scene: Any) -> None:
        """**Raises:** `ValueError` if simulators of this kind cannot learn from such scenes."""

    @abc.abstractmethod
    def write(self, lessons: Sequence[Lesson], folder: Path) -> None:
        """Store lessons in a new folder, `metadata.json` last."""

    @abc.abstractmethod
    def learn(self, simulator: Simulator, lessons: Sequence[Path], out: Path) -> Simulator:
        """The simulator after lessons from some folders; `out` keeps what a resume needs.

        Called again with the same arguments it goes on where it stopped, or returns what it had
        come to.
        """

    @abc.abstractmethod
    def save(self, simulator: Simulator, path: Path) -> None:
        """Write the simulator's weights to a file that `run --model` takes."""
