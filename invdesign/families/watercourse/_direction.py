"""Water that has to land in one direction: its share, and the smooth value that is descended."""

import math
from typing import Any

import equinox as eqx
import jax.numpy as jnp
import numpy as np

from ..._geometry import safe_norm
from ..._rollout import Trajectory
from ..._types import Array, Float, Scalar, as_float
from ...objectives import AbstractObjective, AbstractScore
from ._landing import Ground, held, near

HALF_WIDTH = 30.0  # degrees, of the wedge on either side of what is asked for
_EDGE = math.cos(math.radians(HALF_WIDTH))
_CORE = math.cos(math.radians(20.0))  # of the smooth wedge, within which it is 1
_WIDTHS = (1.0, 0.1)  # of its Gaussians, as differences of cosines


def _way(angle: Scalar) -> Float[Array, "2"]:
    """The direction that is asked for, along x and z."""
    radians = jnp.deg2rad(angle)
    return jnp.stack([jnp.cos(radians), jnp.sin(radians)])


def _along(place: Float[Array, "node 2"], angle: Scalar) -> Float[Array, " node"]:
    """How far each place is in the direction that is asked for, in metres from the middle."""
    radians = jnp.deg2rad(angle.astype(place.dtype))
    return place[:, 0] * jnp.cos(radians) + place[:, 1] * jnp.sin(radians)


def _cosines(place: Float[Array, "node 2"], angle: Scalar) -> Float[Array, " node"]:
    """Cosine of the angle between the way to each place and the direction that is asked for."""
    return _along(place, angle) / jnp.maximum(safe_norm(place), 1e-3)


class DirectionShare(AbstractScore):
    """Share of the emitted water that lands within 30 degrees of a direction.

    **Arguments:** `angle`: in degrees about the landscape's middle, from x to z; `ground`: what the
    landscape covers.
    """

    angle: Float[Array, ""] = eqx.field(converter=as_float)
    ground: Ground = eqx.field(default_factory=Ground)

    def __call__(self, trajectory: Trajectory, design: Any) -> Scalar:
        landing = self.ground.landing(trajectory)
        inside = _cosines(landing.place, self.angle) >= _EDGE
        return landing.share((inside & landing.landed).astype(landing.place.dtype))

    def outlines(self) -> list[np.ndarray]:
        """The wedge on the floor in metres, from the landscape's middle: for pictures."""
        turn = np.deg2rad(np.linspace(-HALF_WIDTH, HALF_WIDTH, 25) + float(self.angle))
        arc = [radius * np.stack([np.cos(turn), np.sin(turn)], axis=1) for radius in (0.6, 1.3)]
        return [np.concatenate([arc[0], arc[1][::-1], arc[0][:1]])]


class DirectionValue(AbstractObjective):
    r"""1 less the mean of a smooth wedge over all emitted water; what is held back gains little.

    The wedge is 1 within 20 degrees; beyond, it is the mean of a wide and a narrow Gaussian of what
    the cosine of the angle between landing point and direction lacks. Water past an edge counts by
    where it would land in free fall. What is still on the landscape counts by how far it is on its
    way, linearly from 0 at the edge on the other side to 0.25, and pays 0.1 times its height over
    the rest height: hills that hold water are felt long before it lands, and holding it back gains
    less than letting it go.

    **Arguments:** as `DirectionShare`; `rest`: height of the undeformed landscape in metres.
    """

    angle: Float[Array, ""] = eqx.field(converter=as_float)
    ground: Ground = eqx.field(default_factory=Ground)
    rest: float = eqx.field(static=True, default=0.5)

    def __call__(self, trajectory: Trajectory, design: Any) -> Scalar:
        landing = self.ground.landing(trajectory)
        beyond = jnp.maximum(_CORE - _cosines(landing.place, self.angle), 0.0)
        wedge = near(beyond, _WIDTHS)
        free = landing.landed | landing.flying
        ahead = self.ground.ahead(landing.place, _way(self.angle))
        on = held(ahead, landing.height, self.rest)
        return 1.0 - landing.share(jnp.where(free, wedge, on))


class LandedShare(AbstractScore):
    """Share of the emitted water that has landed by the end: a figure of a design.

    **Arguments:** `ground`: as `DirectionShare`.
    """

    ground: Ground = eqx.field(default_factory=Ground)

    def __call__(self, trajectory: Trajectory, design: Any) -> Scalar:
        landing = self.ground.landing(trajectory)
        return landing.share(landing.landed.astype(landing.place.dtype))


class LandedDirection(AbstractObjective):
    r"""The value of the released recipe: of landed water, mean of -a plus standard deviation of b.

    $a$ is along the direction that is asked for and $b$ across it, in metres. A mean over landed
    water alone: a descent may gain by holding water back.

    Source: the code that Allen et al. (2022), arXiv 2202.00728, released.

    **Arguments:** as `DirectionShare`.
    """

    angle: Float[Array, ""] = eqx.field(converter=as_float)
    ground: Ground = eqx.field(default_factory=Ground)

    def __call__(self, trajectory: Trajectory, design: Any) -> Scalar:
        landing = self.ground.landing(trajectory)
        place = landing.place
        weight = landing.landed.astype(place.dtype)
        weight = weight / jnp.maximum(jnp.sum(weight), 1.0)
        radians = jnp.deg2rad(self.angle.astype(place.dtype))
        along = _along(place, self.angle)
        across = place[:, 1] * jnp.cos(radians) - place[:, 0] * jnp.sin(radians)
        middle = jnp.sum(weight * across)
        spread = jnp.sqrt(jnp.sum(weight * (across - middle) ** 2) + 1e-12)
        return spread - jnp.sum(weight * along)
