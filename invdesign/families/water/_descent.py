"""How simulators of water are descended through."""

import dataclasses
from collections.abc import Mapping
from typing import Annotated, Any, ClassVar

from ..._adjoint import CheckpointAdjoint, ClippedAdjoint
from ..._options import Option
from ..._problem import Problem
from ..._simulator import AbstractSimulator
from ..._task import Task
from .._descent import AbstractDescent

# What a value with its gradient costs, in values alone; measured, see the benchmarks.
_LEARNED_COST, _SOLVER_COST = 4.0, 6.0


@dataclasses.dataclass(frozen=True)
class WaterDescent(AbstractDescent):
    """Backwards through hundreds of frames in bounded memory, splashes kept from drowning the rest.

    Splashing water amplifies what passes back through it, in the solver, too: a few particles
    would be all that the gradient sees.
    """

    gradient_only: ClassVar[frozenset[str]] = frozenset({"gradient_limit"})
    exact: ClassVar[Mapping[str, Any]] = {"gradient_limit": 0.0}

    gradient_limit: Annotated[
        float,
        Option(
            "Largest gradient a particle passes back a step, 0 for the exact gradient.",
            least=0,
            most=1e6,
        ),
    ] = 0.01

    def problem(self, task: Task, simulator: AbstractSimulator, *, learned: bool) -> Problem:
        limit = self.gradient_limit
        adjoint = ClippedAdjoint(limit) if limit > 0 else CheckpointAdjoint(segment=1)
        return Problem(task, simulator, adjoint, _LEARNED_COST if learned else _SOLVER_COST)

    def adjoint_in_words(self) -> str:
        if not self.gradient_limit:
            return "exact"
        return f"clipped at {self.gradient_limit:g} a particle and step"
