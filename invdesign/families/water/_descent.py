"""How simulators of water are descended through."""

import dataclasses
from typing import ClassVar

from .._clipped_descent import ClippedDescent, GradientLimit


@dataclasses.dataclass(frozen=True)
class WaterDescent(ClippedDescent):
    """Backwards through hundreds of frames in bounded memory, splashes kept from drowning the rest.

    Splashing water amplifies what passes back through it, in the solver, too: a few particles
    would be all that the gradient sees.
    """

    whose: ClassVar[str] = "a particle and step"
    solver_cost: ClassVar[float] = 6.0

    gradient_limit: GradientLimit = 0.01
