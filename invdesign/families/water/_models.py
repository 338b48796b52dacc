"""The learned simulators of water."""

import dataclasses
from collections.abc import Sequence
from typing import Any

from ..._simulator import AbstractSimulator
from ..._task import Task
from ...objectives import Cautious
from ...simulators import Ensemble, ParticleSimulator
from ...simulators.particle._build import build_particle_simulator
from .._models import AbstractModels

_AVERSION = 1.0  # the price on what the members of an ensemble disagree about


class WaterModels(AbstractModels):
    """Particle simulators."""

    default = "water2d"

    def build(self, header: dict[str, Any]) -> ParticleSimulator:
        return build_particle_simulator(header)

    def together(
        self, members: Sequence[AbstractSimulator], task: Task
    ) -> tuple[AbstractSimulator, Task]:
        objective = Cautious(task.objective, len(members), _AVERSION)
        return Ensemble(members), dataclasses.replace(task, objective=objective)
