"""What tasks of balls are made of that deflectors lead into bins."""

from typing import Any

import equinox as eqx
import jax.numpy as jnp
import numpy as np

from ..._checks import checked_number
from ..._rollout import Trajectory
from ..._types import Array, Bool, Float, Scalar, as_float
from ...objectives import AbstractObjective, AbstractScore
from ...scenes import BallScene, Capsules
from ...spaces import SegmentDesign
from ._balls import DENSITY, SIDE
from ._world import BOUNCE, DRAG


class ChuteStart(eqx.Module):
    """How balls begin.

    **Arguments:** `position`: in metres, `velocity`: in metres a second, `(ball, 2)` each.
    """

    position: Float[Array, "*start ball 2"] = eqx.field(converter=as_float)
    velocity: Float[Array, "*start ball 2"] = eqx.field(converter=as_float)


def jittered_starts(
    number: int, *, seed: int, position: Any, velocity: Any, shift: float, speed: float
) -> ChuteStart:
    """Starts about one of them, with a leading axis.

    **Arguments:** `number`: of starts; `position`, `velocity`: about which, `(ball, 2)`; `shift`,
    `speed`: by how much they differ along either axis at most, in metres and metres a second.
    """
    rng, shape = np.random.default_rng(seed), (number, *np.shape(position))
    return ChuteStart(
        position + shift * rng.uniform(-1, 1, shape), velocity + speed * rng.uniform(-1, 1, shape)
    )


class BuildChute(eqx.Module):
    """The scene of balls of middle mass in a box, with a design's blades in their way.

    A condition is a `ChuteStart`. **Arguments:** `radius`: of the balls in metres, above 0.

    **Raises:** `ValueError` for a radius out of its range.
    """

    radius: float = eqx.field(static=True)

    def __check_init__(self):
        checked_number(self.radius, "radius", "BuildChute", above=0)

    def __call__(self, design: SegmentDesign, condition: ChuteStart) -> BallScene:
        dtype = design.segments.dtype
        position = condition.position.astype(dtype)
        number = position.shape[0]
        return BallScene(
            position=position,
            velocity=condition.velocity.astype(dtype),
            body=jnp.arange(number, dtype=jnp.int32),
            radius=jnp.full((number,), self.radius, dtype),
            mass=jnp.full((number,), DENSITY * np.pi * self.radius**2, dtype),
            lower=jnp.zeros((2,), dtype),
            upper=jnp.full((2,), SIDE, dtype),
            bounce=BOUNCE,
            drag=DRAG,
            obstacles=(Capsules(segments=design.segments, thickness=design.segment_radius),),
        )


def _landings(
    trajectory: Trajectory, level: float
) -> tuple[Float[Array, " ball"], Float[Array, " ball"], Bool[Array, " ball"]]:
    """Where balls first come below a level along x, how far above it they end, and which came.

    Between frames they move straight; those that stay above are where they end.
    """
    first = trajectory.initial.position[None]
    position = jnp.concatenate([first, trajectory.frames.position])
    below = position[1:, :, 1] < level
    frame = jnp.where(below.any(axis=0), jnp.argmax(below, axis=0), below.shape[0] - 1)
    before, after = (
        jnp.take_along_axis(position, (frame + step)[None, :, None], axis=0)[0] for step in (0, 1)
    )
    landed = below.any(axis=0)
    drop = jnp.where(landed, before[:, 1] - after[:, 1], 1.0)
    share = jnp.where(landed, (before[:, 1] - level) / drop, 1.0)
    place = before[:, 0] + share * (after[:, 0] - before[:, 0])
    return place, jnp.where(landed, 0.0, after[:, 1] - level), landed


class Astray(AbstractObjective):
    r"""How far balls land from the middles of their bins: the mean of $d^2 / (d^2 + s^2)$.

    $d$ is the distance along x where a ball first comes below the bins' level, and of one that
    stays above that from where it ends to the bin. Bounded, so that a ball that is lost does not
    outweigh the others.

    Source: Geman and McClure (1987), Statistical methods for tomographic image reconstruction.

    **Arguments:** `middles`: of the balls' bins along x in metres, `(ball,)`; `level`: in metres;
    `scale`: $s$ in metres, above 0.

    **Raises:** `ValueError` for a scale out of its range.
    """

    middles: Float[Array, " ball"] = eqx.field(converter=as_float)
    level: float = eqx.field(static=True)
    scale: float = eqx.field(static=True)

    def __check_init__(self):
        checked_number(self.scale, "scale", "Astray", above=0)

    def __call__(self, trajectory: Trajectory, design: Any) -> Scalar:
        place, height, _ = _landings(trajectory, self.level)
        squared = (place - self.middles.astype(place.dtype)) ** 2 + height**2
        return jnp.mean(squared / (squared + self.scale**2))


class Binned(AbstractScore):
    """The share of balls that come below the level of the bins wholly within their own bin.

    **Arguments:** `middles`: of the balls' bins along x in metres, `(ball,)`; `level`: in metres;
    `width`: of the bins in metres, above twice the `radius` of the balls.

    **Raises:** `ValueError` for a width out of its range.
    """

    middles: Float[Array, " ball"] = eqx.field(converter=as_float)
    level: float = eqx.field(static=True)
    width: float = eqx.field(static=True)
    radius: float = eqx.field(static=True)

    def __check_init__(self):
        checked_number(self.width, "width", "Binned", above=2 * self.radius)

    @property
    def goal(self) -> np.ndarray:
        """Lower and upper corners of the bins, one bin after another, `(corner, 2)`."""
        middles = np.unique(np.asarray(self.middles))[:, None]
        sides = np.concatenate([middles - 0.5 * self.width, middles + 0.5 * self.width], axis=1)
        heights = np.broadcast_to([0.0, self.level], sides.shape)
        return np.stack([sides, heights], axis=-1).reshape(-1, 2)

    def __call__(self, trajectory: Trajectory, design: Any) -> Scalar:
        place, _, landed = _landings(trajectory, self.level)
        off = jnp.abs(place - self.middles.astype(place.dtype))
        fits = landed & (off < 0.5 * self.width - self.radius)
        return jnp.mean(fits.astype(place.dtype))


class Landed(AbstractScore):
    """The share of balls that come below a level. **Arguments:** `level`: in metres."""

    level: float = eqx.field(static=True)

    def __call__(self, trajectory: Trajectory, design: Any) -> Scalar:
        return jnp.mean(_landings(trajectory, self.level)[2].astype(jnp.float32))
