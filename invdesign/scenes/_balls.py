"""Balls in a box, each for itself or joined to rigid bodies."""

from collections.abc import Mapping
from typing import Any

import equinox as eqx
import jax.numpy as jnp

from .._checks import checked_number
from .._types import Array, Bool, Float, Int
from ._obstacles import AbstractObstacles
from ._terms import AbstractTerm

ABSENT = -1  # in the place of a body's number


class BallScene(eqx.Module):
    """Smooth balls that bounce off each other and off the walls of a box; SI units.

    Balls of one body keep their places in it and do not touch each other. Gravity is the earth's,
    down along the last axis; nothing rubs but the air. To stack scenes of different sizes, fill
    them up with balls that are `ABSENT`.

    **Arguments:**

    - `position`: of the balls' centers in metres, `(node, dim)`; `velocity`: in metres a second,
      those of one body's balls as they are of a rigid motion.
    - `body`: the number of the body that each ball belongs to, or `ABSENT`, `(node,)`.
    - `radius`: of the balls in metres, above 0; `mass`: in kilograms, above 0, `(node,)`.
    - `lower`, `upper`: corners of the box in metres, `(dim,)`.
    - `bounce`: above 0 and at most 1; the share of its speed that is left after half a period of
      the damped spring that a contact is. A ball lets go before, with more: 0.3, 0.6 and 0.9 stand
      for 0.40, 0.63 and 0.90.
    - `drag`: the rate at which a ball's speed decays in air, per second, at least 0.
    - `obstacles`: what else balls may not enter, kind by kind: without bounce.
    - `terms`: what else is asked of positions, of simulators that can be asked.

    **Raises:** `ValueError` for values out of these ranges.
    """

    position: Float[Array, "node dim"]
    velocity: Float[Array, "node dim"]
    body: Int[Array, " node"]
    radius: Float[Array, " node"]
    mass: Float[Array, " node"]
    lower: Float[Array, " dim"]
    upper: Float[Array, " dim"]
    bounce: float = eqx.field(static=True, default=0.3)
    drag: float = eqx.field(static=True, default=1.0)
    obstacles: tuple[AbstractObstacles, ...] = ()
    terms: tuple[AbstractTerm, ...] = ()

    def __check_init__(self):
        checked_number(self.bounce, "bounce", "BallScene", above=0, most=1)
        checked_number(self.drag, "drag", "BallScene", least=0)

    @property
    def is_free(self) -> Bool[Array, " node"]:
        """Which balls are there; all of them move."""
        return self.body != ABSENT


def ball_scene(arrays: Mapping[str, Any], **further: Any) -> BallScene:
    """A scene from its arrays by their names; others are passed over."""
    names = ("position", "velocity", "body", "radius", "mass", "lower", "upper")
    return BallScene(**{name: jnp.asarray(arrays[name]) for name in names}, **further)
