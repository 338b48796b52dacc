"""Motion of particles that do not feel each other: they fly, and slip along what is in the way."""

from functools import partial

import jax
import jax.numpy as jnp
from jax import lax

from ..._contact import Contact
from ..._types import Array, Float

Pair = tuple[Float[Array, "node dim"], Float[Array, "node dim"]]


def glide(
    contact: Contact,
    position: Float[Array, "node dim"],
    velocity: Float[Array, "node dim"],
    gravity: Float[Array, " dim"],
    *,
    dt: float,
    num: int,
) -> Pair:
    """Positions in metres and velocities in metres a second after `dt` seconds in `num` substeps.

    Flight is the exact parabola. Near an obstacle the approaching part of the velocity is removed
    in every substep, as the solver does it; the nearest obstacle counts.
    """
    part = dt / num

    @partial(jax.checkpoint, prevent_cse=False)
    def substep(state: Pair, _: None) -> tuple[Pair, None]:
        position, velocity = state
        fallen = velocity + part * gravity[None]
        way = part * velocity + 0.5 * part**2 * gravity[None]
        if contact.is_empty:
            return (position + way, fallen), None
        normal, gap = _surface(contact, position)
        share = contact.share(gap)[:, None] * normal
        kept = fallen - jnp.minimum(_along(fallen, normal), 0.0)[:, None] * share
        way = way - jnp.minimum(_along(way, normal), 0.0)[:, None] * share
        way = way + jnp.maximum(-gap, 0.0)[:, None] * normal
        ahead, crosses = _uncrossed(contact, position, way)
        return (ahead, jnp.where(crosses, 0.0, kept)), None

    return lax.scan(substep, (position, velocity), None, length=num)[0]


def shifted(
    contact: Contact, position: Float[Array, "node dim"], way: Float[Array, "node dim"]
) -> Float[Array, "node dim"]:
    """Positions after short ways, pushed out of the nearest obstacle, and across none."""
    if contact.is_empty:
        return position + way
    there, _ = _uncrossed(contact, position, way)
    normal, gap = _surface(contact, there)
    return _uncrossed(contact, there, jnp.maximum(-gap, 0.0)[:, None] * normal)[0]


def _surface(contact: Contact, points: Array) -> tuple[Array, Float[Array, " node"]]:
    """Normal of the nearest obstacle's surface, and the distance from it in metres."""
    own = contact.nearest(points)
    delta, distance = own.closest(points)
    return delta / jnp.maximum(distance, 1e-9)[:, None], distance - own.thickness


def _uncrossed(contact: Contact, points: Array, way: Array) -> tuple[Array, Array]:
    """Points after their ways, or where they are if a way leads across a core; `(node, 1)`."""
    if not contact.obstacles.is_folded:
        return points + way, jnp.zeros((points.shape[0], 1), bool)
    crosses = contact.crosses(points, way)[:, None]
    return jnp.where(crosses, points, points + way), crosses


def _along(vector: Array, normal: Array) -> Float[Array, " node"]:
    return sum(  # type: ignore[return-value]
        (vector[:, axis] * normal[:, axis] for axis in range(vector.shape[1])),
        start=jnp.zeros_like(vector[:, 0]),
    )


def parked(
    position: Float[Array, "node dim"], beyond: Float[Array, " dim"], apart: float
) -> Float[Array, "node dim"]:
    """Places on a lattice outside of the box, one for each particle, too far apart to be neighbors.

    **Arguments:** `beyond`: the box's upper corner in metres; `apart`: spacing in metres.
    """
    number, dim = position.shape
    side = 1
    while side**dim < number:
        side += 1
    index = jnp.arange(number)
    places = jnp.stack([index // side**axis % side + 1 for axis in range(dim)], axis=1)
    return beyond[None] + apart * places.astype(position.dtype)
