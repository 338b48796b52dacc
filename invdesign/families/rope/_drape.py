"""What tasks of ropes that settle on pegs are made of."""

from typing import Any

import equinox as eqx
import jax.numpy as jnp
import numpy as np

from ..._checks import checked_number
from ..._geometry import safe_norm
from ..._rollout import Trajectory
from ..._types import Array, Float, Scalar, as_float
from ...objectives import AbstractConstraint, AbstractObjective, AbstractScore
from ...scenes import Capsules, RopeScene
from ...spaces import BoxDesign
from ._ropes import RADIUS, chain, chain_links
from ._throw import kinds


def pegs(design: BoxDesign) -> Float[Array, "peg 2"]:
    """Centers in metres: a design's parameters are x and y of a peg in turn."""
    return design.parameters.reshape(-1, 2)


class BuildDrape(eqx.Module):
    """The scene of a rope at rest in the air, and of round pegs beneath that a design places.

    A condition is one number: what is added to all links' angles, in radians.

    **Arguments:**

    - `angles`: of the links from straight down in radians, from the held end, `(link,)`.
    - `radius`: of the pegs in metres, above 0.
    - `damping`: rate of decay a second.

    **Raises:** `ValueError` for a radius out of its range.
    """

    angles: Float[Array, " link"] = eqx.field(converter=as_float)
    radius: float = eqx.field(static=True)
    damping: float = 10.0

    def __check_init__(self):
        checked_number(self.radius, "radius", "BuildDrape", above=0)

    def __call__(self, design: BoxDesign, condition: Scalar) -> RopeScene:
        centers = pegs(design)
        angles = self.angles.astype(centers.dtype) + condition.astype(centers.dtype)
        position, velocity = chain(angles, jnp.zeros_like(angles), jnp)
        number = position.shape[0]
        return RopeScene(
            position=position,
            velocity=velocity,
            links=jnp.asarray(chain_links(number, number)),
            kind=jnp.asarray(kinds(number)),
            damping=jnp.full((number,), self.damping, centers.dtype),
            radius=RADIUS,
            obstacles=(
                Capsules(
                    segments=jnp.stack([centers, centers], axis=1),
                    thickness=jnp.full(centers.shape[:1], self.radius, centers.dtype),
                ),
            ),
        )


class Unrest(AbstractObjective):
    """Mean squared speed of a rope's free nodes at the end, over a speed squared.

    **Arguments:** `speed`: in metres a second, above 0.

    **Raises:** `ValueError` for a speed out of its range.
    """

    speed: float = eqx.field(static=True)

    def __check_init__(self):
        checked_number(self.speed, "speed", "Unrest", above=0)

    def __call__(self, trajectory: Trajectory, design: Any) -> Scalar:
        velocity = trajectory.frames.velocity[-1, 1:] / self.speed
        return jnp.mean(jnp.sum(velocity**2, axis=1))


class EndSpeed(AbstractScore):
    """Mean speed of a rope's free nodes at the end in metres a second.

    A figure, and lower is better.
    """

    def __call__(self, trajectory: Trajectory, design: Any) -> Scalar:
        return jnp.mean(safe_norm(trajectory.frames.velocity[-1, 1:]))


class PegsApart(AbstractConstraint):
    r"""Pegs at least a distance from each other: $d / c - 1$ for every two of them.

    **Arguments:** `distance`: $c$ in metres between centers, above 0; twice their radius lets them
    touch.

    **Raises:** `ValueError` for a distance out of its range.
    """

    distance: float = eqx.field(static=True)
    name: str = eqx.field(static=True, default="pegs apart")
    tolerance: float = eqx.field(static=True, default=0.02)
    equality: bool = eqx.field(static=True, default=False, init=False)
    simulated: bool = eqx.field(static=True, default=False, init=False)

    def __check_init__(self):
        checked_number(self.distance, "distance", "PegsApart", above=0)

    def __call__(self, trajectories: Trajectory | None, design: Any) -> Float[Array, " constraint"]:
        centers = pegs(design)
        first, second = np.triu_indices(centers.shape[0], 1)
        return safe_norm(centers[first] - centers[second]) / self.distance - 1.0
