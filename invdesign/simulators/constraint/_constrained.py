"""Constraints that are added to a simulator."""

import dataclasses
from typing import Any

from ..._simulator import AbstractSimulator
from ..._types import Code
from ...scenes import AbstractObstacles, ParticleFrame, RopeScene
from ...scenes._ropes import stacked_obstacles
from ._simulator import ConstraintSimulator


class Constrained(AbstractSimulator):
    """A simulator in whose every scene there are further obstacles, though it never learned of any.

    The same as obstacles of the scene, for what no scene should have to say. How they act is the
    simulator's `contact`. An obstacle of one's own is an `AbstractObstacles`: where it is nearest.

    **Arguments:** `simulator`; `obstacles`: kind by kind, such as
    `(HalfSpaces([[0.0, 1.0]], [-0.3]),)`.
    """

    simulator: ConstraintSimulator
    obstacles: tuple[AbstractObstacles, ...]

    @property
    def dt(self) -> float:  # type: ignore[override]
        """Seconds a frame."""
        return self.simulator.dt

    def init(self, scene: RopeScene) -> tuple[Any, Any]:
        return self.simulator.init(stacked_obstacles(scene, self.obstacles))

    def step(self, context: Any, state: Any) -> tuple[Any, Code]:
        return self.simulator.step(context, state)

    def observe(self, context: Any, state: Any) -> ParticleFrame:
        return self.simulator.observe(context, state)

    def check(self, scene: RopeScene, num_steps: int | None = None) -> tuple[str, ...]:
        return self.simulator.check(scene, num_steps)

    def grow(self, factor: float) -> "Constrained":
        return dataclasses.replace(self, simulator=self.simulator.grow(factor))
