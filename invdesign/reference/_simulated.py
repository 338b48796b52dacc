"""A simulator that serves as the reference."""

from collections.abc import Sequence
from typing import Any

import equinox as eqx
import jax

from .._results import RESULTS
from .._rollout import Trajectory, rollout
from .._simulator import AbstractSimulator
from ._base import AbstractReference


class Simulated(AbstractReference):
    """What a simulator makes of scenes: a solver in JAX such as `MPM`, or a learned model.

    Scenes are simulated one after another by one compiled program: on a CPU batching them gains
    little and compiles slower. Where capacity runs out the simulator is grown and the scene
    repeated.
    """

    runs: AbstractSimulator

    @property
    def simulator(self) -> AbstractSimulator:
        """What it runs."""
        return self.runs

    def refined(self, factor: int) -> "Simulated":
        return Simulated(self.runs.refined(factor))

    def trajectories(self, scenes: Sequence[Any], *, num_steps: int) -> list[Trajectory]:
        """As `AbstractReference` says.

        **Raises:** `ValueError` if capacity cannot grow any more.
        """
        simulator, played = self.runs, []
        for scene in scenes:
            trajectory = _roll(simulator, scene, num_steps)
            while int(trajectory.result) == RESULTS.capacity_exceeded:
                simulator = simulator.grow(2)
                trajectory = _roll(simulator, scene, num_steps)
            played.append(jax.device_get(trajectory))
        return played


@eqx.filter_jit
def _roll(simulator: AbstractSimulator, scene: Any, num_steps: int) -> Trajectory:
    trajectory = rollout(simulator, scene, num_steps=num_steps, throw=False)
    return eqx.tree_at(lambda t: t.final, trajectory, None)
