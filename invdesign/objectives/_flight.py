"""Lift and drag of a section: what is descended, reported and demanded."""

from typing import Any

import equinox as eqx
import jax

from .._rollout import Trajectory
from .._types import Array, Float, Scalar, as_float
from ..scenes._forces import SectionCoefficients, foil_coefficients
from ._base import AbstractConstraint, AbstractObjective, AbstractScore


def last_coefficients(trajectory: Trajectory) -> SectionCoefficients:
    """Lift, drag and moment of the last frame; traceable."""
    return foil_coefficients(jax.tree.map(lambda x: x[-1], trajectory.frames))


class Drag(AbstractObjective):
    """The drag coefficient over a unit.

    **Arguments:** `unit`: above 0; with a hundredth, of the order of drag, values are of order 1.

    **Raises:** `ValueError` if it is not above 0.
    """

    unit: Float[Array, ""] = eqx.field(converter=as_float, default=0.01)

    def __check_init__(self):
        if not self.unit > 0:
            raise ValueError(f"`Drag` needs a unit above 0, got {self.unit}.")

    def __call__(self, trajectory: Trajectory, design: Any) -> Scalar:
        drag = last_coefficients(trajectory).drag
        return drag / self.unit.astype(drag.dtype)


class DragCoefficient(AbstractScore):
    """The drag coefficient: a figure of a design, not something higher is better of."""

    def __call__(self, trajectory: Trajectory, design: Any) -> Scalar:
        return last_coefficients(trajectory).drag


class LiftCoefficient(AbstractScore):
    """The lift coefficient."""

    def __call__(self, trajectory: Trajectory, design: Any) -> Scalar:
        return last_coefficients(trajectory).lift


class LiftToDrag(AbstractScore):
    """Lift over drag."""

    def __call__(self, trajectory: Trajectory, design: Any) -> Scalar:
        coefficients = last_coefficients(trajectory)
        return coefficients.lift / coefficients.drag


class LiftTarget(AbstractConstraint):
    """The lift coefficient that every point of flight needs.

    **Arguments:** `lift`: one a condition, `(condition,)`; `tolerance`: above 0.

    **Raises:** `ValueError` if the tolerance is not above 0.
    """

    lift: Float[Array, " condition"] = eqx.field(converter=as_float)
    tolerance: float = eqx.field(static=True, default=5e-4)
    name: str = eqx.field(static=True, default="lift")
    equality: bool = eqx.field(static=True, default=True, init=False)
    simulated: bool = eqx.field(static=True, default=True, init=False)

    def __check_init__(self):
        if not self.tolerance > 0:
            raise ValueError(f"`LiftTarget` needs a tolerance above 0, got {self.tolerance}.")

    def __call__(self, trajectories: Trajectory | None, design: Any) -> Float[Array, " constraint"]:
        lifts = jax.vmap(lambda t: last_coefficients(t).lift)(trajectories)
        return lifts - self.lift.astype(lifts.dtype)
