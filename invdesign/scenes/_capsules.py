"""Capsules: all that lies within a radius of a segment."""

from typing import Any

import equinox as eqx
import jax.numpy as jnp

from .._geometry import closest_approach, closest_by_axis, from_own_segment
from .._types import Array, Float, as_float
from ._obstacles import AbstractObstacles


class Capsules(AbstractObstacles):
    """Segments with a radius.

    **Arguments:** `segments`: end points in metres; one of length zero is a ball. `thickness`: the
    radius of each in metres.
    """

    segments: Float[Array, "obstacle 2 dim"] = eqx.field(converter=as_float)
    thickness: Float[Array, " obstacle"] = eqx.field(converter=as_float)

    def closest(self, points: Float[Array, "node dim"]) -> tuple[Array, Array]:
        return from_own_segment(points, self.segments)

    def approach(self, points: Float[Array, "node dim"], way: Array) -> tuple[Array, Array]:
        return closest_approach(points, way, self.segments)

    def by_axis(self, points: Float[Array, "node dim"]) -> Any:
        return closest_by_axis(points, self.segments)

    def and_capsules(self, segments: Array, thickness: float = 0.0) -> "Capsules":
        """These and further ones, all of one radius."""
        radius = jnp.full((segments.shape[0],), thickness, self.thickness.dtype)
        return Capsules(
            segments=jnp.concatenate([self.segments, segments]),
            thickness=jnp.concatenate([self.thickness, radius]),
        )
