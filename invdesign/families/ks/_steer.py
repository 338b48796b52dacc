"""What tasks on fields are made of: a start of waves, and a field to be met at the end."""

from typing import Any

import equinox as eqx
import jax.numpy as jnp

from ..._rollout import Trajectory
from ..._types import Array, Float, Scalar, as_float
from ...objectives import AbstractObjective, AbstractScore
from ...scenes import PeriodicField
from ...spaces import BoxDesign
from ._waves import wave_basis


class BuildField(eqx.Module):
    """A field that begins as waves of the design's amplitudes, on top of a condition's field.

    **Arguments:** `length`: of the interval.
    """

    length: float = eqx.field(static=True, default=60.0)

    def __call__(self, design: BoxDesign, condition: Float[Array, " point"]) -> PeriodicField:
        amplitudes = design.parameters
        basis = jnp.asarray(
            wave_basis(condition.shape[0], amplitudes.shape[0] // 2), amplitudes.dtype
        )
        return PeriodicField(condition.astype(amplitudes.dtype) + amplitudes @ basis, self.length)


def _squared_error(trajectory: Trajectory, target: Float[Array, " point"]) -> Scalar:
    """Mean squared error at the end over the target's mean square."""
    field = trajectory.frames.field[-1]
    wanted = target.astype(field.dtype)
    return jnp.sum((field - wanted) ** 2) / jnp.sum(wanted**2)


class FieldDistance(AbstractObjective):
    """Mean squared difference of the last frame from a target, over the target's mean square.

    **Arguments:** `target`: `(point,)`, not zero everywhere.
    """

    target: Float[Array, " point"] = eqx.field(converter=as_float)

    def __call__(self, trajectory: Trajectory, design: Any) -> Scalar:
        return _squared_error(trajectory, self.target)


class FieldError(AbstractScore):
    """Relative L2 error of the last frame against a target; a figure, and lower is better.

    **Arguments:** `target`: as `FieldDistance`.
    """

    target: Float[Array, " point"] = eqx.field(converter=as_float)

    def __call__(self, trajectory: Trajectory, design: Any) -> Scalar:
        return jnp.sqrt(_squared_error(trajectory, self.target))


class FieldMatch(AbstractScore):
    """One less the relative L2 error of the last frame against a target, at least 0.

    **Arguments:** `target`: as `FieldDistance`.
    """

    target: Float[Array, " point"] = eqx.field(converter=as_float)

    def __call__(self, trajectory: Trajectory, design: Any) -> Scalar:
        return jnp.maximum(1.0 - jnp.sqrt(_squared_error(trajectory, self.target)), 0.0)
