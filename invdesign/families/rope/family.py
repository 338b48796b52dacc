"""Ropes that swing from one end, by a learned constraint."""

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, ClassVar

from ..._adjoint import CheckpointAdjoint, ClippedAdjoint
from ..._options import Option
from ..._problem import Problem
from ..._simulator import AbstractSimulator
from ..._task import Task
from ...reference import MuJoCo
from ...reference.mujoco import find_mujoco
from ...scenes import RopeScene
from ...simulators import Ensemble
from ...simulators._ensemble import mean_frame
from ...simulators.constraint._build import build_constraint_simulator
from .._descent import AbstractDescent
from .._family import Family
from .._models import AbstractModels
from ._data import NAME
from ._judge import RopeJudge
from ._showing import RopeShowing
from ._source import RopeSource
from ._training import RopeTraining


class RopeModels(AbstractModels):
    """Simulators by constraints."""

    default = NAME

    def build(self, header: dict[str, Any]) -> AbstractSimulator:
        return build_constraint_simulator(header)

    def together(
        self, members: Sequence[AbstractSimulator], task: Task
    ) -> tuple[AbstractSimulator, Task]:
        return Ensemble(members, mean_frame), task


@dataclasses.dataclass(frozen=True)
class RopeDescent(AbstractDescent):
    """Backwards through all frames and all inner iterations, with a bound on what is passed back.

    Where a model is not stable its gradient grows by orders of magnitude; in calm throws the bound
    is not reached.
    """

    gradient_only: ClassVar[frozenset[str]] = frozenset({"gradient_limit"})
    exact: ClassVar[Mapping[str, Any]] = {"gradient_limit": 0.0}

    gradient_limit: Annotated[
        float,
        Option(
            "Largest gradient a node passes back a frame, 0 for the exact gradient.",
            least=0,
            most=1e6,
        ),
    ] = 20.0

    def problem(self, task: Task, simulator: AbstractSimulator, *, learned: bool) -> Problem:
        limit = self.gradient_limit
        adjoint = ClippedAdjoint(limit) if limit > 0 else CheckpointAdjoint(segment=1)
        return Problem(task, simulator, adjoint)

    def adjoint_in_words(self) -> str:
        if not self.gradient_limit:
            return "exact"
        return f"clipped at {self.gradient_limit:g} a node and frame"


def rope_reference(task: Task, dt: float) -> MuJoCo:
    """MuJoCo; `dt`: seconds a frame."""
    return MuJoCo(dt)


ROPE = Family(
    name=NAME,
    aliases=(),
    subject="ropes",
    scenes=(RopeScene,),
    models=RopeModels(),
    descent=RopeDescent,
    sources={NAME: RopeSource},
    training=RopeTraining(),
    reference=rope_reference,
    installed=find_mujoco,
    judge=RopeJudge,
    showing=RopeShowing(),
)
