"""The learned simulators of a world."""

import abc
import dataclasses
from collections.abc import Sequence
from typing import Any

from .._simulator import AbstractSimulator
from .._task import Task


@dataclasses.dataclass(frozen=True)
class Doubts:
    """What is to be known beside the numbers of a design under a simulator.

    **Arguments:** `numbers`: by name, `None` of a design without one; `notes`: sentences. Both are
    empty where nothing is known.
    """

    numbers: dict[str, float | None] = dataclasses.field(default_factory=dict)
    notes: list[str] = dataclasses.field(default_factory=list)


class AbstractModels(abc.ABC):
    """What is to be known of a world's models.

    - `default`: the name of the pretrained one that is taken unless told otherwise; `None` where
      there is none, so that searches go through the reference solver.
    - `is_usual`: whether searches go through it unless told otherwise, or through the solver.
    - `dt`: seconds a frame of what ships.
    """

    default: str | None
    is_usual: bool = True
    dt: float = 0.01

    def default_for(self, task: Task) -> str | None:
        """The pretrained model that a task is searched through unless told otherwise."""
        return self.default

    @abc.abstractmethod
    def build(self, header: dict[str, Any]) -> AbstractSimulator:
        """A simulator with the shapes that a weights file's header describes, untrained.

        **Raises:** `KeyError`, `TypeError` or `ValueError` if the header does not describe one.
        """

    def together(
        self, members: Sequence[AbstractSimulator], task: Task
    ) -> tuple[AbstractSimulator, Task]:
        """Several simulators as one, and the task that counts what they disagree about.

        **Raises:** `ValueError` where models of this world cannot be taken together.
        """
        raise ValueError(f"`{task.name}` takes one model, got {len(members)}.")

    def doubts(self, task: Task, latent: Any, simulator: AbstractSimulator) -> Doubts:
        """How far a simulator is asked to go beyond its data by a design."""
        return Doubts()
