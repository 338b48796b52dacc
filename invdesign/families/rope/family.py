"""Ropes that swing from one end, by a learned constraint."""

import dataclasses
from collections.abc import Sequence
from typing import Any, ClassVar

from ..._simulator import AbstractSimulator
from ..._task import Task
from ...reference import MuJoCo
from ...reference.mujoco import find_mujoco
from ...scenes import RopeScene
from ...simulators import Ensemble
from ...simulators._ensemble import mean_frame
from ...simulators.constraint._build import build_constraint_simulator
from .._clipped_descent import ClippedDescent, GradientLimit
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
class RopeDescent(ClippedDescent):
    """Backwards through all frames and all inner iterations, with a bound on what is passed back.

    Where a model is not stable its gradient grows by orders of magnitude; in calm throws the bound
    is not reached.
    """

    whose: ClassVar[str] = "a node and frame"

    gradient_limit: GradientLimit = 20.0


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
