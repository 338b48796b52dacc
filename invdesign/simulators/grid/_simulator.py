"""Learned motion of fields on grids."""

import dataclasses

import equinox as eqx
import jax.numpy as jnp

from ..._results import RESULTS, as_code
from ..._simulator import AbstractSimulator
from ..._types import Array, Code, Float
from ...nn import DilatedResNet
from ...scenes._periodic_field import FieldFrame, PeriodicField, check_points
from ._ranges import FieldRanges


@dataclasses.dataclass(frozen=True)
class FieldStatistics:
    """Root mean squares of the data that a network's input and output are measured in.

    **Arguments:** `field`: of the fields; `increment`: of what a frame adds to them.
    """

    field: float
    increment: float


class GridState(eqx.Module):
    """A field at the points of its grid, `(point,)`."""

    field: Float[Array, " point"]


class GridSimulator(AbstractSimulator):
    r"""A dilated residual network that predicts what a frame adds to a field:

    $$u' = u + \sigma_\Delta\, f(u / \sigma_u)$$

    on a periodic interval, less the mean of $f$ if the field's mean is conserved: then it stays
    exact. Shifts of the field are kept by its construction. What moves the field is in the weights,
    and they hold for one spacing of points, one length and one frame. A design that enters through
    the first state is cut off by an adjoint that cuts the state's gradients.

    Source: Stachenfeld et al. (2022), Learned coarse models for efficient turbulence simulation,
    section 3, for network and increment.

    **Arguments:**

    - `network`, `statistics`: weights and the units they were trained with.
    - `length`, `num_points`: of the interval.
    - `dt`: time a frame.
    - `conserved`: whether the field's mean stays as it is.
    - `ranges`: the fields it has learned from; `None` where that is not known.
    """

    network: DilatedResNet
    statistics: FieldStatistics = eqx.field(static=True)
    length: float = eqx.field(static=True)
    num_points: int = eqx.field(static=True)
    dt: float = eqx.field(static=True)
    conserved: bool = eqx.field(static=True, default=True)
    ranges: FieldRanges | None = eqx.field(static=True, default=None)

    def __check_init__(self):
        if self.num_points < self.network.fewest:
            raise ValueError(
                f"`GridSimulator` needs {self.network.fewest} points or more for the widest of its "
                f"convolutions, got {self.num_points}."
            )

    def init(self, scene: PeriodicField) -> tuple[None, GridState]:
        self._check(scene)
        return None, GridState(scene.field)

    def step(self, context: None, state: GridState) -> tuple[GridState, Code]:
        increment = self.statistics.increment * self.increment(state.field)
        return GridState(state.field + increment), as_code(RESULTS.successful)

    def increment(self, field: Float[Array, " point"]) -> Float[Array, " point"]:
        """What a frame adds to a field, in units of `statistics.increment`."""
        found = self.network(field[:, None] / self.statistics.field)[:, 0]
        return found - jnp.mean(found) if self.conserved else found

    def observe(self, context: None, state: GridState) -> FieldFrame:
        return FieldFrame(field=state.field)

    def check(self, scene: PeriodicField, num_steps: int | None = None) -> tuple[str, ...]:
        self._check(scene)
        return () if self.ranges is None else self.ranges.check(scene, num_steps)

    def _check(self, scene: PeriodicField) -> None:
        check_points(scene, num_points=self.num_points, length=self.length, whose="The model")

    def grow(self, factor: float) -> "GridSimulator":
        raise ValueError("A `GridSimulator` has no capacity that could grow.")
