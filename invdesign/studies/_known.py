"""What the family of a task has to say, where the task is of one."""

from typing import Any

from .._judged import Judged
from .._simulator import AbstractSimulator
from .._task import Task
from ..families import AbstractShowing, Doubts
from ..families._registry import known_family
from ..io._run_directory import RunDirectory


class _Nothing(AbstractShowing):
    """Of a task of no family: the design's parameters, and no picture."""

    def write(self, run: RunDirectory, judged: Judged, simulator: Any, reference: Any) -> bool:
        return False

    def draw(self, run: RunDirectory) -> list[Any]:
        return []


def doubts(task: Task, latent: Any, simulator: AbstractSimulator) -> Doubts:
    """How far a simulator is asked to go beyond its data by a design; empty if nobody knows."""
    family = known_family(task)
    return Doubts() if family is None else family.models.doubts(task, latent, simulator)


def showing(task: Task) -> AbstractShowing:
    """What the runs of a task leave for the eye and for other programs."""
    family = known_family(task)
    return _Nothing() if family is None else family.showing
