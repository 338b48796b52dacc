"""Ropes that swing from one end, by a learned constraint."""

from collections.abc import Sequence
from typing import Any

from ..._simulator import AbstractSimulator
from ..._task import Task
from ...reference import MuJoCo
from ...reference.mujoco import find_mujoco
from ...scenes import RopeScene
from ...simulators import Ensemble
from ...simulators._ensemble import mean_frame
from ...simulators.constraint._build import build_constraint_simulator
from .._family import Family
from .._models import AbstractModels
from ._data import NAME
from ._descent import RopeDescent
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
