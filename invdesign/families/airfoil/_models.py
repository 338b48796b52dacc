"""The learned simulators of flows around sections."""

from typing import Any

from ..._simulator import AbstractSimulator
from ..._task import Task
from ...simulators import FlowSimulator
from ...simulators.mesh._build_flow import build_foil_simulator
from ...simulators.mesh._modes import REYNOLDS
from ...simulators.mesh._simulator import within
from .._models import AbstractModels, Doubts
from ._doubts import doubts
from ._scene import BuildFoil

DEFAULT = "airfoil-fine"  # learned from flows as fine as the reference solver's
MIXED = "airfoil-mixed-fine"  # of Reynolds numbers from 3e5 to 3e6


def model_at(reynolds: float) -> str:
    """The name of the model that is taken at a Reynolds number unless told otherwise."""
    return DEFAULT if within(reynolds, (REYNOLDS, REYNOLDS)) else MIXED


class FoilModels(AbstractModels):
    """Mesh simulators on an O-grid."""

    default = DEFAULT

    def default_for(self, task: Task) -> str:
        """The one of many Reynolds numbers where a task asks for another than the default knows."""
        build = task.build
        known = isinstance(build, BuildFoil)
        return model_at(float(build.speed / build.viscosity) if known else REYNOLDS)

    def build(self, header: dict[str, Any]) -> FlowSimulator:
        return build_foil_simulator(header)

    def doubts(self, task: Task, latent: Any, simulator: AbstractSimulator) -> Doubts:
        return doubts(task, latent, simulator)
