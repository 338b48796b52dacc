"""What is demanded of a section's shape, in multiples of a baseline's."""

from typing import Any

import equinox as eqx
import jax.numpy as jnp
import numpy as np

from .._rollout import Trajectory
from .._types import Array, Float, as_float
from ..sections import SectionLayout
from ..sections._measures import (
    leading_edge_radius,
    section_area,
    thickness_at,
    trailing_edge_thickness,
)
from ._base import AbstractConstraint

Entries = Float[Array, " constraint"]
_TOLERANCE = 1e-4  # of a share of the baseline's


def _check(owner: str, share: float) -> None:
    if not share > 0:
        raise ValueError(f"`{owner}` needs a share of the baseline above 0, got {share:g}.")


def _positions(positions: Any) -> tuple[float, ...]:
    return tuple(np.asarray(positions, float).tolist())


class ThicknessWithin(AbstractConstraint):
    """Thickness at stations between two multiples of the baseline's.

    Entries are shares of the baseline's thickness: those above the lower limit first, then those
    below the upper one.

    **Arguments:**

    - `baseline`: a surface in `layout`, `(point, 2)`.
    - `low`, `high`: multiples, `0 < low < high`.
    - `positions`: along the chord in (0, 1), by default 10 from 0.05 to 0.95.

    **Raises:** `ValueError` for values out of these ranges.
    """

    baseline: Float[Array, "point 2"] = eqx.field(converter=as_float)
    layout: SectionLayout
    low: float = eqx.field(static=True, default=0.5)
    high: float = eqx.field(static=True, default=3.0)
    positions: tuple[float, ...] = eqx.field(
        static=True, converter=_positions, default=tuple(np.linspace(0.05, 0.95, 10).tolist())
    )
    name: str = eqx.field(static=True, default="thickness")
    tolerance: float = eqx.field(static=True, default=_TOLERANCE)
    equality: bool = eqx.field(static=True, default=False, init=False)
    simulated: bool = eqx.field(static=True, default=False, init=False)

    def __check_init__(self):
        inside = all(0 < x < 1 for x in self.positions)
        if not (0 < self.low < self.high and self.positions and inside):
            raise ValueError(
                "`ThicknessWithin` needs 0 < low < high and positions in (0, 1), got "
                f"{self.low:g}, {self.high:g} and {self.positions}."
            )

    def __call__(self, trajectories: Trajectory | None, design: Any) -> Entries:
        at = np.asarray(self.positions)
        own = thickness_at(design.surface, self.layout, at)
        known = thickness_at(self.baseline.astype(own.dtype), self.layout, at)
        return jnp.concatenate([own / known - self.low, self.high - own / known])


class AreaAtLeast(AbstractConstraint):
    """Area of at least a share of the baseline's; the entry is in shares of it.

    **Arguments:** `baseline`: a surface, `(point, 2)`; `share`: above 0.

    **Raises:** `ValueError` if the share is not above 0.
    """

    baseline: Float[Array, "point 2"] = eqx.field(converter=as_float)
    share: float = eqx.field(static=True, default=1.0)
    name: str = eqx.field(static=True, default="area")
    tolerance: float = eqx.field(static=True, default=_TOLERANCE)
    equality: bool = eqx.field(static=True, default=False, init=False)
    simulated: bool = eqx.field(static=True, default=False, init=False)

    def __check_init__(self):
        _check("AreaAtLeast", self.share)

    def __call__(self, trajectories: Trajectory | None, design: Any) -> Entries:
        own = section_area(design.surface)
        return (own / section_area(self.baseline.astype(own.dtype)) - self.share)[None]


class NoseRadiusAtLeast(AbstractConstraint):
    """Radius of the leading edge of at least a share of the baseline's.

    **Arguments:** `baseline`: a surface in `layout`, `(point, 2)`; `share`: above 0.

    **Raises:** `ValueError` if the share is not above 0.
    """

    baseline: Float[Array, "point 2"] = eqx.field(converter=as_float)
    layout: SectionLayout
    share: float = eqx.field(static=True, default=0.8)
    name: str = eqx.field(static=True, default="leading-edge radius")
    tolerance: float = eqx.field(static=True, default=_TOLERANCE)
    equality: bool = eqx.field(static=True, default=False, init=False)
    simulated: bool = eqx.field(static=True, default=False, init=False)

    def __check_init__(self):
        _check("NoseRadiusAtLeast", self.share)

    def __call__(self, trajectories: Trajectory | None, design: Any) -> Entries:
        own = leading_edge_radius(design.surface, self.layout)
        known = leading_edge_radius(self.baseline.astype(own.dtype), self.layout)
        return (own / known - self.share)[None]


class TrailingEdgeAtLeast(AbstractConstraint):
    """Thickness of the blunt base of at least a share of the baseline's.

    **Arguments:** `baseline`: a surface in `layout`, `(point, 2)`; `share`: above 0.

    **Raises:** `ValueError` if the share is not above 0.
    """

    baseline: Float[Array, "point 2"] = eqx.field(converter=as_float)
    layout: SectionLayout
    share: float = eqx.field(static=True, default=1.0)
    name: str = eqx.field(static=True, default="trailing-edge thickness")
    tolerance: float = eqx.field(static=True, default=_TOLERANCE)
    equality: bool = eqx.field(static=True, default=False, init=False)
    simulated: bool = eqx.field(static=True, default=False, init=False)

    def __check_init__(self):
        _check("TrailingEdgeAtLeast", self.share)

    def __call__(self, trajectories: Trajectory | None, design: Any) -> Entries:
        own = trailing_edge_thickness(design.surface, self.layout)
        known = trailing_edge_thickness(self.baseline.astype(own.dtype), self.layout)
        return (own / known - self.share)[None]
