"""The learned simulators of flows around sections."""

from typing import Any

from ..._simulator import AbstractSimulator
from ..._task import Task
from ...simulators import FoilSimulator
from ...simulators.mesh._build_flow import build_foil_simulator
from .._models import AbstractModels, Doubts
from ._doubts import doubts

DEFAULT = "airfoil-fine"  # learned from flows as fine as the reference solver's


class FoilModels(AbstractModels):
    """Mesh simulators on an O-grid."""

    default = DEFAULT

    def build(self, header: dict[str, Any]) -> FoilSimulator:
        return build_foil_simulator(header)

    def doubts(self, task: Task, latent: Any, simulator: AbstractSimulator) -> Doubts:
        return doubts(task, latent, simulator)
