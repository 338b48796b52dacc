"""What an engineer demands of a section in numbers: room for spars, a trailing edge, a moment."""

import math
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np

from .._rollout import Trajectory
from .._types import Array, Float
from ..sections import SectionLayout
from ..sections._measures import thickness_at, trailing_angle
from ._base import AbstractConstraint
from ._flight import last_coefficients

Entries = Float[Array, " constraint"]


def _positions(positions: Any) -> tuple[float, ...]:
    return tuple(np.atleast_1d(np.asarray(positions, float)).tolist())


class SparAtLeast(AbstractConstraint):
    """Thickness in chords where spars are; entries are in hundredths of a chord.

    **Arguments:** `thickness`: in (0, 1); `positions`: along the chord in (0, 1).

    **Raises:** `ValueError` for values out of these ranges.
    """

    layout: SectionLayout
    thickness: float = eqx.field(static=True)
    positions: tuple[float, ...] = eqx.field(static=True, converter=_positions, default=(0.35,))
    name: str = eqx.field(static=True, default="spar thickness")
    tolerance: float = eqx.field(static=True, default=1e-2)
    equality: bool = eqx.field(static=True, default=False, init=False)
    simulated: bool = eqx.field(static=True, default=False, init=False)

    def __check_init__(self):
        inside = self.positions and all(0 < x < 1 for x in self.positions)
        if not (0 < self.thickness < 1 and inside):
            raise ValueError(
                "`SparAtLeast` needs a thickness in (0, 1) and positions in (0, 1), got "
                f"{self.thickness:g} and {self.positions}."
            )

    def __call__(self, trajectories: Trajectory | None, design: Any) -> Entries:
        own = thickness_at(design.surface, self.layout, np.asarray(self.positions))
        return 100 * (own - self.thickness)


class TrailingAngleAtLeast(AbstractConstraint):
    """Angle in degrees between the sides over the last tenth of the chord.

    **Arguments:** `degrees`: in (0, 90).

    **Raises:** `ValueError` for one out of this range.
    """

    layout: SectionLayout
    degrees: float = eqx.field(static=True)
    name: str = eqx.field(static=True, default="trailing-edge angle")
    tolerance: float = eqx.field(static=True, default=1e-2)
    equality: bool = eqx.field(static=True, default=False, init=False)
    simulated: bool = eqx.field(static=True, default=False, init=False)

    def __check_init__(self):
        if not 0 < self.degrees < 90:
            raise ValueError(f"`TrailingAngleAtLeast` needs degrees in (0, 90), got {self.degrees}")

    def __call__(self, trajectories: Trajectory | None, design: Any) -> Entries:
        return (jnp.degrees(trailing_angle(design.surface, self.layout)) - self.degrees)[None]


class MomentAtLeast(AbstractConstraint):
    """Pitching moment about the quarter chord, positive nose up, at every point of flight.

    Camber pushes the nose down; a tail has to hold against it. Entries are in hundredths.

    **Arguments:** `moment`: the coefficient, finite.

    **Raises:** `ValueError` if it is not.
    """

    moment: float = eqx.field(static=True)
    name: str = eqx.field(static=True, default="pitching moment")
    tolerance: float = eqx.field(static=True, default=5e-2)
    equality: bool = eqx.field(static=True, default=False, init=False)
    simulated: bool = eqx.field(static=True, default=True, init=False)

    def __check_init__(self):
        if not math.isfinite(self.moment):
            raise ValueError(f"`MomentAtLeast` needs a finite moment, got {self.moment}.")

    def __call__(self, trajectories: Trajectory | None, design: Any) -> Entries:
        moments = jax.vmap(lambda t: last_coefficients(t).moment)(trajectories)
        return 100 * (moments - self.moment)
