"""Elastic strips in a plane, held, driven, and touched by a disk."""

import math
from collections.abc import Sequence
from typing import Any

from ..._adjoint import CheckpointAdjoint
from ..._problem import Problem
from ..._simulator import AbstractSimulator
from ..._task import Task
from ...reference import Simulated, Springs
from ...scenes import SpringScene
from ...simulators import Ensemble
from ...simulators._ensemble import mean_frame
from ...simulators.mesh._build_springs import build_elastic_simulator
from .._descent import AbstractDescent
from .._family import Family
from .._models import AbstractModels
from ._data import NAME
from ._judge import ElasticJudge
from ._showing import ElasticShowing
from ._source import ElasticSource
from ._training import ElasticTraining

_SUBSTEP = 1e-3  # seconds, within which the stiffest springs are stable
# What a value with its gradient costs, in values alone; measured, see the benchmarks.
_LEARNED_COST, _SOLVER_COST = 4.0, 3.0


class ElasticModels(AbstractModels):
    """Mesh simulators with edges of the world."""

    default = NAME
    dt = 0.005

    def build(self, header: dict[str, Any]) -> AbstractSimulator:
        return build_elastic_simulator(header)

    def together(
        self, members: Sequence[AbstractSimulator], task: Task
    ) -> tuple[AbstractSimulator, Task]:
        return Ensemble(members, mean_frame), task


class ElasticDescent(AbstractDescent):
    """Backwards through all frames."""

    def problem(self, task: Task, simulator: AbstractSimulator, *, learned: bool) -> Problem:
        cost = _LEARNED_COST if learned else _SOLVER_COST
        return Problem(task, simulator, CheckpointAdjoint(), cost)


def springs_reference(task: Task, dt: float) -> Simulated:
    """The springs; `dt`: seconds a frame."""
    return Simulated(Springs(dt=dt, num_substeps=math.ceil(dt / _SUBSTEP - 1e-6)))


ELASTIC = Family(
    name=NAME,
    aliases=("springs",),
    subject="elastic bodies",
    scenes=(SpringScene,),
    models=ElasticModels(),
    descent=ElasticDescent,
    sources={NAME: ElasticSource},
    training=ElasticTraining(),
    reference=springs_reference,
    judge=ElasticJudge,
    showing=ElasticShowing(),
)
