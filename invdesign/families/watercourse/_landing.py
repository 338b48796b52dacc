"""Where water comes down: what every objective and score of watercourses looks at."""

import equinox as eqx
import jax.numpy as jnp

from ..._geometry import safe_sqrt
from ..._rollout import Trajectory
from ..._types import Array, Bool, Float, as_float
from ...scenes import ParticleFrame

_UP, _FLAT = 1, (0, 2)
GRAVITY = 9.81  # metres a second squared
_PAID = 0.1  # by water that is still on the landscape, at its rest height
_AHEAD = 0.25  # what it gains at the landscape's edge on the side that is asked for


class Landing(eqx.Module):
    """Where each particle of a trajectory has come down by its end, or is about to.

    **Arguments:**

    - `place`: on the floor in metres from the landscape's middle, along x and z, `(node, 2)`.
    - `emitted`: has left the pipe, `(node,)`.
    - `landed`: has landed, where `place` says.
    - `flying`: has left the landscape over an edge and falls freely, to `place`.
    - `height`: above the floor in metres at the end.
    """

    place: Float[Array, "node 2"]
    emitted: Bool[Array, " node"]
    landed: Bool[Array, " node"]
    flying: Bool[Array, " node"]
    height: Float[Array, " node"]

    def share(self, weight: Float[Array, " node"]) -> Float[Array, ""]:
        """Mean of a weight over the water that was emitted."""
        emitted = self.emitted.astype(weight.dtype)
        return jnp.sum(emitted * weight) / jnp.maximum(jnp.sum(emitted), 1.0)


class Ground(eqx.Module):
    """The rectangle that a landscape covers, along x and z.

    **Arguments:** `lower`, `upper`: its corners in metres, `(2,)`.
    """

    lower: Float[Array, " 2"] = eqx.field(converter=as_float, default=(0.0, 0.0))
    upper: Float[Array, " 2"] = eqx.field(converter=as_float, default=(1.0, 1.0))

    @property
    def side(self) -> Float[Array, ""]:
        """Mean of its sides in metres."""
        return jnp.mean(self.upper - self.lower)

    def ahead(
        self, place: Float[Array, "node 2"], way: Float[Array, "*batch 2"]
    ) -> Float[Array, "*batch node"]:
        """How far places are along a direction: 0 at the edge on the other side, 1 at that one.

        **Arguments:** `place`: in metres from the landscape's middle; `way`: of length 1.
        """
        return 0.5 + way.astype(place.dtype) @ place.T / self.side.astype(place.dtype)

    def landing(self, trajectory: Trajectory) -> Landing:
        """Of a trajectory; what is past an edge and still in the air falls freely from there.

        **Raises:** `ValueError` of a trajectory in which no water leaves.
        """
        frames = trajectory.frames
        if not isinstance(frames, ParticleFrame) or frames.passage is None:
            raise ValueError(
                "Where water lands is known of scenes with an inflow and an outflow alone; give "
                "the scene `inflow` and `outflow`."
            )
        position, velocity = frames.position[-1], frames.velocity[-1]
        flat = jnp.stack([position[:, axis] for axis in _FLAT], axis=1)
        drift = jnp.stack([velocity[:, axis] for axis in _FLAT], axis=1)
        lower, upper = self.lower.astype(flat.dtype), self.upper.astype(flat.dtype)
        landed, waiting = frames.passage.landed[-1], frames.passage.waiting[-1]
        outside = ((flat < lower[None]) | (flat > upper[None])).any(axis=1)
        flying = outside & ~landed & ~waiting
        height = jnp.maximum(position[:, _UP], 0.0)
        rise = velocity[:, _UP]
        still = (rise + safe_sqrt(rise**2 + 2 * GRAVITY * height)) / GRAVITY
        fallen = flat + jnp.where(flying, still, 0.0)[:, None] * drift
        return Landing(
            place=fallen - 0.5 * (lower + upper)[None],
            emitted=~waiting,
            landed=landed,
            flying=flying,
            height=height,
        )


def held(
    ahead: Float[Array, "*batch node"], height: Float[Array, " node"], rest: float
) -> Float[Array, "*batch node"]:
    """What water counts that is still on the landscape, in parts of water that is where it should.

    Up to 0.25 for how far it is ahead, less a tenth of its height over the rest height: hills that
    hold water are felt long before it lands, and holding it back gains less than letting it go.

    **Arguments:** `ahead`: from 0 to 1; `height`, `rest`: above the floor in metres.
    """
    return _AHEAD * ahead - _PAID * jnp.broadcast_to(height, ahead.shape) / rest


def near(
    beyond: Float[Array, "*batch node"], widths: tuple[float, float]
) -> Float[Array, "*batch node"]:
    """1 where nothing is lacking, and less by a wide and by a narrow Gaussian of what is.

    The wide one is felt from everywhere, the narrow one decides in the end.
    """
    wide, narrow = (jnp.exp(-0.5 * (beyond / width) ** 2) for width in widths)
    return 0.5 * (wide + narrow)
