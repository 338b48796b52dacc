"""How the simulators of a world are descended through."""

import abc
import dataclasses
from collections.abc import Mapping
from typing import Any, ClassVar

from .._problem import Problem
from .._simulator import AbstractSimulator
from .._task import Task


@dataclasses.dataclass(frozen=True)
class AbstractDescent(abc.ABC):
    """A frozen dataclass whose fields are options of a run (see `Option`).

    - `gradient_only`: options that concern optimizers with gradients alone.
    - `exact`: the options with which gradients are exact, where that is not the default.
    """

    gradient_only: ClassVar[frozenset[str]] = frozenset()
    exact: ClassVar[Mapping[str, Any]] = {}

    @abc.abstractmethod
    def problem(self, task: Task, simulator: AbstractSimulator, *, learned: bool) -> Problem:
        """The task under a simulator, with an adjoint and what a gradient costs.

        **Arguments:** `learned`: whether the simulator is a model rather than the trusted solver.

        **Raises:** `ValueError` if an option has no effect here.
        """

    def adjoint_in_words(self) -> str:
        """What a reader of a gradient check has to know of the gradient."""
        return "exact"
