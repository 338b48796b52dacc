"""What a particle simulator keeps of a scene, and what it carries from frame to frame."""

import equinox as eqx

from ..._contact import Contact
from ..._types import Array, Float
from ...scenes import AbstractObstacles, Passage
from ...scenes._passage import Gates


class ParticleContext(eqx.Module):
    """What is constant over a rollout: obstacles with the box's walls, gates, and gravity."""

    obstacles: AbstractObstacles
    contact: Contact
    lower: Float[Array, " dim"]
    upper: Float[Array, " dim"]
    gravity: Float[Array, " dim"]
    gates: Gates


class ParticleState(eqx.Module):
    """Positions in metres and velocities in metres a second, `(node, dim)`.

    `passage` says who waits and who has landed, `None` where nothing comes or goes.
    """

    position: Float[Array, "node dim"]
    velocity: Float[Array, "node dim"]
    passage: Passage | None = None
