"""Elastic strips in a plane, held, driven, and touched by a disk."""

from typing import Any

from ..._adjoint import CheckpointAdjoint
from ..._judged import Judged
from ..._problem import Problem
from ..._simulator import AbstractSimulator
from ..._task import Task
from ...io import RunDirectory
from ...reference import Simulated, Springs
from ...scenes import ElasticScene
from ...simulators.mesh import build_elastic_simulator
from .._descent import AbstractDescent
from .._family import Family
from .._models import AbstractModels
from .._showing import AbstractShowing
from ._data import NAME
from ._source import ElasticSource
from ._training import ElasticTraining


class ElasticModels(AbstractModels):
    """Mesh simulators with edges of the world."""

    default = NAME

    def build(self, header: dict[str, Any]) -> AbstractSimulator:
        return build_elastic_simulator(header)


class ElasticDescent(AbstractDescent):
    """Backwards through all frames."""

    def problem(self, task: Task, simulator: AbstractSimulator, *, learned: bool) -> Problem:
        return Problem(task, simulator, CheckpointAdjoint())


class ElasticShowing(AbstractShowing):
    """No pictures yet."""

    def write(self, run: RunDirectory, judged: Judged, simulator: Any, reference: Any) -> bool:
        return False

    def draw(self, run: RunDirectory) -> list[Any]:
        return []


def springs_reference(task: Task, dt: float) -> Simulated:
    """The springs; `dt`: seconds a frame."""
    return Simulated(Springs(dt=dt))


ELASTIC = Family(
    name=NAME,
    aliases=("springs",),
    subject="elastic bodies",
    scenes=(ElasticScene,),
    models=ElasticModels(),
    descent=ElasticDescent,
    sources={NAME: ElasticSource},
    training=ElasticTraining(),
    reference=springs_reference,
    showing=ElasticShowing(),
)
