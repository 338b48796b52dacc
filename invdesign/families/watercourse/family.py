"""Watercourses: landscapes that lead a stream to where it is wanted, in space."""

import dataclasses
from collections.abc import Mapping
from typing import Annotated, Any, ClassVar

from ..._adjoint import CheckpointAdjoint, ClippedAdjoint
from ..._options import Option
from ..._problem import Problem
from ..._simulator import AbstractSimulator
from ..._task import Task
from .._descent import AbstractDescent
from .._family import Family
from .._models import AbstractModels
from ._course import DT, NAME
from ._reference import watercourse_reference
from ._showing import WatercourseShowing

# What a value with its gradient costs, in values alone; as of the same solver in the plane.
_COST = 5.0


class WatercourseModels(AbstractModels):
    """None so far: searches go through the solver."""

    default, dt = None, DT

    def build(self, header: dict[str, Any]) -> AbstractSimulator:
        raise ValueError("there are no learned models of watercourses")


@dataclasses.dataclass(frozen=True)
class WatercourseDescent(AbstractDescent):
    """Backwards through all frames, with a bound on what is passed back.

    A thin film of water that splashes over a landscape amplifies what passes back through it: at
    the flat landscape the exact gradient has a norm of 6e11, the bounded one a useful direction.
    """

    gradient_only: ClassVar[frozenset[str]] = frozenset({"gradient_limit"})
    exact: ClassVar[Mapping[str, Any]] = {"gradient_limit": 0.0}

    gradient_limit: Annotated[
        float,
        Option(
            "Largest gradient a particle passes back a frame, 0 for the exact gradient.",
            least=0,
            most=1e6,
        ),
    ] = 0.005

    def problem(self, task: Task, simulator: AbstractSimulator, *, learned: bool) -> Problem:
        limit = self.gradient_limit
        adjoint = ClippedAdjoint(limit) if limit > 0 else CheckpointAdjoint(segment=1)
        return Problem(task, simulator, adjoint, _COST)

    def adjoint_in_words(self) -> str:
        if not self.gradient_limit:
            return "exact"
        return f"clipped at {self.gradient_limit:g} a particle and frame"


WATERCOURSE = Family(
    name=NAME,
    aliases=(),
    subject="watercourses",
    scenes=(),  # those of water in the plane are of the same type: its tasks name their family
    models=WatercourseModels(),
    descent=WatercourseDescent,
    reference=watercourse_reference,
    showing=WatercourseShowing(),
)
