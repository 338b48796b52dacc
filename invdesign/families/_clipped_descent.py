"""Descents backwards through hundreds of frames, with a bound on what is passed back."""

import dataclasses
from collections.abc import Mapping
from typing import Annotated, Any, ClassVar

from .._adjoint import CheckpointAdjoint, ClippedAdjoint
from .._options import Option
from .._problem import Problem
from .._simulator import AbstractSimulator
from .._task import Task
from ._descent import AbstractDescent

GradientLimit = Annotated[
    float,
    Option(
        "Largest gradient a particle or node passes back a frame, 0 for the exact gradient.",
        least=0,
        most=1e6,
    ),
]


@dataclasses.dataclass(frozen=True)
class ClippedDescent(AbstractDescent):
    """A world says its limit, who is bound by it, and what gradients cost.

    - `whose`: a limit is of, in words.
    - `learned_cost`, `solver_cost`: of a value with its gradient, in values alone, through a model
      and through the trusted solver; measured, see the benchmarks.
    """

    gradient_only: ClassVar[frozenset[str]] = frozenset({"gradient_limit"})
    exact: ClassVar[Mapping[str, Any]] = {"gradient_limit": 0.0}
    whose: ClassVar[str] = "a particle and frame"
    learned_cost: ClassVar[float] = 4.0
    solver_cost: ClassVar[float] = 4.0

    gradient_limit: GradientLimit = 0.0

    def problem(self, task: Task, simulator: AbstractSimulator, *, learned: bool) -> Problem:
        limit = self.gradient_limit
        adjoint = ClippedAdjoint(limit) if limit > 0 else CheckpointAdjoint(segment=1)
        return Problem(task, simulator, adjoint, self.learned_cost if learned else self.solver_cost)

    def adjoint_in_words(self) -> str:
        if not self.gradient_limit:
            return "exact"
        return f"clipped at {self.gradient_limit:g} {self.whose}"
