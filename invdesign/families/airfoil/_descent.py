"""How simulators of flows around sections are descended through."""

import dataclasses
from typing import Annotated

from ..._adjoint import DirectAdjoint
from ..._options import Option
from ..._problem import Problem, num_conditions
from ..._simulator import AbstractSimulator
from ..._task import Task
from ...objectives import CloseToData
from .._descent import AbstractDescent

# What a value with its gradient costs, in values alone, for drag and for each lift to be met:
# measured, 3.0 with one, 6.0 with three.
_COST = 1.5


@dataclasses.dataclass(frozen=True)
class FoilDescent(AbstractDescent):
    """One step, whose gradient is exact."""

    max_distance: Annotated[
        float | None,
        Option(
            "Keep designs within this distance of the model's data, which are themselves at 1 or "
            "so: a constraint.",
            least=1e-6,
            most=1e6,
        ),
    ] = None

    def problem(self, task: Task, simulator: AbstractSimulator, *, learned: bool) -> Problem:
        cost = _COST * (1 + num_conditions(task.conditions))
        if self.max_distance is not None:
            if not learned:
                raise ValueError(
                    "`--max-distance` keeps designs near a model's data; leave it out with "
                    "`--simulator reference`."
                )
            close = CloseToData(
                distance=simulator.distance_to_data,  # type: ignore[attr-defined]
                build=task.build,
                conditions=task.conditions,
                limit=self.max_distance,
            )
            task = dataclasses.replace(task, constraints=(*task.constraints, close))
        # A single step has nothing to gain from being computed again.
        return Problem(task, simulator, DirectAdjoint(), cost)
