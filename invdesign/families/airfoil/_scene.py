"""What the airfoil tasks share: points of flight as conditions, and the scene of a section."""

from collections.abc import Sequence
from typing import Any

import equinox as eqx
import jax.numpy as jnp

from ..._types import Array, Float, Int, Scalar, as_float
from ...scenes import SectionScene


class FlightPoint(eqx.Module):
    """A point of flight; the condition of an airfoil task.

    **Arguments:**

    - `index`: which of a design's angles of attack it is flown at; several points have a leading
      axis.
    - `lift`: the coefficient it needs.
    """

    index: Int[Array, "*condition"]
    lift: Float[Array, "*condition"]


def flight_points(lifts: Sequence[float]) -> FlightPoint:
    """Points of flight at these lift coefficients, each with an angle of its own.

    **Raises:** `ValueError` if there are none.
    """
    if not lifts:
        raise ValueError("`flight_points` needs at least one lift coefficient, got none.")
    return FlightPoint(jnp.arange(len(lifts), dtype=jnp.int32), jnp.asarray(lifts, float))


class BuildFoil(eqx.Module):
    """The scene of a section at a point of flight.

    **Arguments:** `speed`, `viscosity`: as in `SectionScene`.
    """

    speed: Scalar = eqx.field(converter=as_float, default=10.0)
    viscosity: Scalar = eqx.field(converter=as_float, default=1.5e-5)

    def __call__(self, design: Any, condition: FlightPoint) -> SectionScene:
        return SectionScene(
            surface=design.surface,
            angle=design.angles[condition.index],
            speed=self.speed,
            viscosity=self.viscosity,
        )
