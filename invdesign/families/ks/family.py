"""The Kuramoto-Sivashinsky equation in one dimension: a field with chaos of its own."""

from collections.abc import Sequence
from typing import Any

from ..._adjoint import CheckpointAdjoint
from ..._problem import Problem
from ..._simulator import AbstractSimulator
from ..._task import Task, initial_scene
from ...reference import KuramotoSivashinsky, Simulated
from ...scenes import PeriodicField
from ...simulators import Ensemble, GridSimulator
from ...simulators._ensemble import mean_frame
from ...simulators.grid._build import build_grid_simulator
from .._descent import AbstractDescent
from .._family import Family
from .._models import AbstractModels
from ._data import NAME
from ._judge import FieldJudge
from ._showing import FieldShowing
from ._source import FieldSource
from ._training import FieldTraining

# What a value with its gradient costs, in values alone; measured, see the benchmarks.
_LEARNED_COST, _SOLVER_COST = 5.0, 2.5


class FieldModels(AbstractModels):
    """Dilated residual networks on the solver's points."""

    default, dt = NAME, 0.5

    def build(self, header: dict[str, Any]) -> GridSimulator:
        return build_grid_simulator(header)

    def together(
        self, members: Sequence[AbstractSimulator], task: Task
    ) -> tuple[AbstractSimulator, Task]:
        return Ensemble(members, mean_frame), task


class FieldDescent(AbstractDescent):
    """Backwards through all frames: the design is the first one."""

    def problem(self, task: Task, simulator: AbstractSimulator, *, learned: bool) -> Problem:
        cost = _LEARNED_COST if learned else _SOLVER_COST
        return Problem(task, simulator, CheckpointAdjoint(), cost)


def field_reference(task: Task, dt: float) -> Simulated:
    """The spectral solver on the points of a task's scenes; `dt`: time a frame."""
    scene = initial_scene(task)
    return Simulated(KuramotoSivashinsky(scene.length, scene.field.shape[0], dt=dt))


KS = Family(
    name=NAME,
    aliases=("kuramoto-sivashinsky",),
    subject="the Kuramoto-Sivashinsky equation",
    scenes=(PeriodicField,),
    models=FieldModels(),
    descent=FieldDescent,
    sources={NAME: FieldSource},
    training=FieldTraining(),
    reference=field_reference,
    judge=FieldJudge,
    showing=FieldShowing(),
)
