"""What tasks of ropes are made of: rates of links at the start, and a shape to pass."""

from typing import Any

import equinox as eqx
import jax.numpy as jnp
import numpy as np

from ..._rollout import Trajectory
from ..._types import Array, Float, Scalar, as_float
from ...objectives import AbstractObjective, AbstractScore
from ...scenes import AbstractObstacles, NodeKind, RopeScene
from ...spaces import BoxDesign
from ._ropes import RADIUS, chain, chain_links


class BuildThrow(eqx.Module):
    """The scene of a rope of given shape whose links begin to turn at the rates of a design.

    A condition is one number: what is added to all links' angles, in radians.

    **Arguments:**

    - `angles`: of the links from straight down in radians, from the held end, `(link,)`.
    - `damping`: rate of decay a second.
    - `obstacles`: what is in the way, kind by kind.
    """

    angles: Float[Array, " link"] = eqx.field(converter=as_float)
    damping: float = 3.0
    obstacles: tuple[AbstractObstacles, ...] = ()

    def __call__(self, design: BoxDesign, condition: Scalar) -> RopeScene:
        rates = design.parameters
        angles = self.angles.astype(rates.dtype) + condition.astype(rates.dtype)
        position, velocity = chain(angles, rates, jnp)
        number = position.shape[0]
        return RopeScene(
            position=position,
            velocity=velocity,
            links=jnp.asarray(chain_links(number, number)),
            kind=jnp.asarray(kinds(number)),
            damping=jnp.full((number,), self.damping, rates.dtype),
            radius=RADIUS,
            obstacles=self.obstacles,
        )


def kinds(number: int) -> np.ndarray:
    """Of the nodes of a rope that is held at its first."""
    return np.where(np.arange(number) == 0, NodeKind.HELD, NodeKind.FREE).astype(np.int32)


def _squared_distance(trajectory: Trajectory, target: Array) -> Scalar:
    """Mean squared distance of the free nodes from a target at the last frame."""
    position = trajectory.frames.position[-1]
    return jnp.mean(jnp.sum((position - target.astype(position.dtype))[1:] ** 2, axis=1))


class ShapeDistance(AbstractObjective):
    """Mean squared distance of a rope's nodes from a shape at the end, over a length squared.

    **Arguments:** `target`: positions of all nodes in metres, the held one first; `scale`: the
    length in metres.
    """

    target: Float[Array, "node 2"] = eqx.field(converter=as_float)
    scale: float = eqx.field(static=True)

    def __call__(self, trajectory: Trajectory, design: Any) -> Scalar:
        return _squared_distance(trajectory, self.target) / self.scale**2


class ShapeError(AbstractScore):
    """Root mean square distance of a rope's nodes from a shape at the end in metres.

    A figure, and lower is better. **Arguments:** as `ShapeDistance`.
    """

    target: Float[Array, "node 2"] = eqx.field(converter=as_float)

    def __call__(self, trajectory: Trajectory, design: Any) -> Scalar:
        return jnp.sqrt(_squared_distance(trajectory, self.target))


class ShapeMatch(AbstractScore):
    """1 less the root mean square distance from a shape over a length, at least 0.

    **Arguments:** as `ShapeDistance`.
    """

    target: Float[Array, "node 2"] = eqx.field(converter=as_float)
    scale: float = eqx.field(static=True)

    def __call__(self, trajectory: Trajectory, design: Any) -> Scalar:
        error = jnp.sqrt(_squared_distance(trajectory, self.target))
        return jnp.maximum(1.0 - error / self.scale, 0.0)
