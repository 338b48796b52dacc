"""What worlds have in common whose models are constraints and whose reference is MuJoCo."""

from collections.abc import Sequence
from typing import Any

from .._simulator import AbstractSimulator
from .._task import Task
from ..reference import MuJoCo
from ..simulators import Ensemble
from ..simulators._ensemble import mean_frame
from ..simulators.constraint._build import build_constraint_simulator
from ._models import AbstractModels


class ConstraintModels(AbstractModels):
    """Simulators by constraints.

    **Arguments:** `default`: the name of the one that is usual, `None` if none ships.
    """

    def __init__(self, default: str | None):
        self.default = default

    def build(self, header: dict[str, Any]) -> AbstractSimulator:
        return build_constraint_simulator(header)

    def together(
        self, members: Sequence[AbstractSimulator], task: Task
    ) -> tuple[AbstractSimulator, Task]:
        return Ensemble(members, mean_frame), task


def mujoco_reference(task: Task, dt: float) -> MuJoCo:
    """MuJoCo; `dt`: seconds a frame."""
    return MuJoCo(dt)
