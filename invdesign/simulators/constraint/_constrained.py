"""Constraints that are added to a simulator."""

import dataclasses
from typing import Any

from ..._simulator import AbstractSimulator
from ..._types import Code
from ...scenes import AbstractObstacles, AbstractTerm, BallScene, ParticleFrame, RopeScene
from ...scenes._ropes import asked_more
from ._simulator import ConstraintSimulator


class Constrained(AbstractSimulator):
    """A simulator of whose every scene more is asked, though it never learned of it.

    The same as `obstacles` and `terms` of the scene, for what no scene should have to say. How they
    act is the simulator's `contact`. An obstacle of one's own is an `AbstractObstacles`: where it
    is nearest. Any other thing that positions should fulfil is an `AbstractTerm`.

    **Arguments:** `simulator`; `terms`: such as
    `(HalfSpaces([[0.0, 1.0]], [-0.3]), FixedNode(4, [0.2, 0.1]))`.
    """

    simulator: ConstraintSimulator
    terms: tuple[AbstractObstacles | AbstractTerm, ...]

    @property
    def dt(self) -> float:  # type: ignore[override]
        """Seconds a frame."""
        return self.simulator.dt

    def init(self, scene: RopeScene | BallScene) -> tuple[Any, Any]:
        return self.simulator.init(asked_more(scene, self.terms))

    def step(self, context: Any, state: Any) -> tuple[Any, Code]:
        return self.simulator.step(context, state)

    def observe(self, context: Any, state: Any) -> ParticleFrame:
        return self.simulator.observe(context, state)

    def check(self, scene: RopeScene | BallScene, num_steps: int | None = None) -> tuple[str, ...]:
        return self.simulator.check(scene, num_steps)

    def grow(self, factor: float) -> "Constrained":
        return dataclasses.replace(self, simulator=self.simulator.grow(factor))
