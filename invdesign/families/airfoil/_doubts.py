"""How far a learned simulator is asked to go beyond its data, beside what it says."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from ..._problem import num_conditions
from ..._simulator import AbstractSimulator
from ..._task import Task
from ...simulators.mesh._beyond import beyond_data
from ...simulators.mesh._simulator import FAR_FROM_DATA, FlowSimulator
from .._models import Doubts


def doubts(task: Task, latent: Any, simulator: AbstractSimulator) -> Doubts:
    """Of a design on the conditions that it was optimized on, the farthest of them."""
    if not isinstance(simulator, FlowSimulator):
        return Doubts()
    design = task.space.decode(jnp.asarray(latent))
    scenes = [
        task.build(design, jax.tree.map(lambda x, i=index: x[i], task.conditions))
        for index in range(num_conditions(task.conditions))
    ]
    distances, far = beyond_data(simulator, scenes)
    farthest = float(distances.max())
    known = farthest if np.isfinite(farthest) else None
    return Doubts({"distance_to_data": known}, far_notes(simulator, known, bool(far.any())))


def far_notes(
    simulator: FlowSimulator, distance: float | None, far: bool, where: str = ""
) -> list[str]:
    """The warning for a number beyond the data, or nothing."""
    if not far:
        return []
    low, high = (float(np.degrees(angle)) for angle in simulator.angles)
    said = "unknown" if distance is None else f"{distance:.1f}"
    return [
        f"{where}the section is beyond the model's data (distance {said}, where 1 is "
        f"typical and {FAR_FROM_DATA:g} the limit; angles {low:.1f} to {high:.1f} degrees): trust "
        "the reference solver alone"
    ]
