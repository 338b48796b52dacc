"""What a particle network sees: relative motion as numbers no rotation can change."""

import equinox as eqx
import jax.numpy as jnp

from ..._geometry import safe_norm
from ..._types import Array, Float
from ...graphs import EdgeList

_BOUND = 8.0  # spreads of the training data
_CORE = 0.1  # of the radius: closer pairs have no sharp direction


class Statistics(eqx.Module):
    """Scales of the training data in metres a frame.

    Velocities relative to neighbours and to obstacles, and what a frame adds to positions and
    to velocities beyond free flight.
    """

    relative_velocity: float
    obstacle_velocity: float
    position_change: float
    velocity_change: float


class PairFeatures(eqx.Module):
    """Scalars and vectors of each edge between particles.

    `scalars` (edge, feature) are the same for both directions and under rotation, reflection and
    a common velocity; `vectors` (edge, 3, dim) change sign with the direction, so that symmetric
    coefficients times them conserve momentum; `weight` (edge,) fades to zero at the radius.
    """

    scalars: Float[Array, "edge feature"]
    vectors: Float[Array, "edge 3 dim"]
    weight: Float[Array, " edge"]


class ObstacleFeatures(eqx.Module):
    """Scalars, vectors and fading weight of each edge from an obstacle to a particle."""

    scalars: Float[Array, "edge feature"]
    vectors: Float[Array, "edge 2 dim"]
    weight: Float[Array, " edge"]


def fade(ratio: Float[Array, " edge"], mask: Array) -> Float[Array, " edge"]:
    """A smooth weight: 1 at ratio 0, 0 with zero slope at ratio 1 and in empty slots."""
    clipped = jnp.clip(ratio, 0.0, 1.0)
    return jnp.where(mask, (1.0 - clipped**2) ** 2, 0.0)


def squash(values: Array) -> Array:
    """Values bounded to eight spreads of the training data, nearly unchanged within three.

    Networks extrapolate linearly: without a bound one violent impact feeds on itself, and the
    water turns into a gas.
    """
    return _BOUND * jnp.tanh(values / _BOUND)


NUM_PAIR_SCALARS = 6
NUM_PAIR_VECTORS = 3
NUM_OBSTACLE_SCALARS = 7
NUM_OBSTACLE_VECTORS = 2


def pair_features(
    position: Float[Array, "node dim"],
    moves: Float[Array, "node 2 dim"],
    edges: EdgeList,
    radius: float,
    statistics: Statistics,
) -> PairFeatures:
    """Distances and relative velocities of neighbours.

    `position` (m) is the one ahead, `moves` (m a frame) are the velocity now and the displacement
    to the position ahead.
    """
    num_nodes, _, dim = moves.shape
    rows = jnp.concatenate([position[:, None], moves], axis=1).reshape(num_nodes, 3 * dim)
    relative = edges.at_receivers(rows) - edges.at_senders(rows)
    relative = jnp.where(edges.mask[:, None], relative, 0.0).reshape(-1, 3, dim)
    offset = relative[:, 0] / radius
    distance = safe_norm(offset)
    # The direction of a pair that all but coincides means nothing: let it vanish smoothly.
    direction = offset / jnp.sqrt(distance**2 + _CORE**2)[:, None]
    velocity = relative[:, 1:] / statistics.relative_velocity
    radial = jnp.sum(velocity * direction[:, None], axis=-1)
    speed = jnp.sqrt(jnp.sum(velocity**2, axis=-1) + 1e-4)
    lengths = jnp.stack([distance, distance**2], axis=1)
    slowed = velocity * (squash(speed) / speed)[..., None]
    return PairFeatures(
        scalars=jnp.concatenate([lengths, squash(radial), squash(speed)], axis=1),
        vectors=jnp.concatenate([direction[:, None], slowed], axis=1),
        weight=fade(distance, edges.mask),
    )


def obstacle_features(
    moves: Float[Array, "edge 2 dim"],
    normal: Float[Array, "edge dim"],
    gap: Float[Array, " edge"],
    down: Float[Array, "edge dim"],
    mask: Array,
    radius: float,
    statistics: Statistics,
) -> ObstacleFeatures:
    """Gap, slope and velocities of particles near an obstacle, in the frame of its normal.

    Both vectors point along the normal: obstacles and walls slip, so that no scene loses momentum
    along a wall.

    `moves` holds the velocity now and the displacement ahead of each edge's particle (m a frame),
    `normal` points from the obstacle to the particle, `down` is the direction of gravity.
    """
    velocity = moves / statistics.obstacle_velocity
    normal_velocity = jnp.sum(velocity * normal[:, None], axis=-1)
    speed = jnp.sqrt(jnp.sum(velocity**2, axis=-1) + 1e-4)
    ratio = gap / radius
    slope = jnp.sum(normal * down, axis=-1)
    scalars = jnp.concatenate(
        [
            jnp.stack([ratio, ratio**2, slope], axis=1),
            squash(normal_velocity),
            squash(speed),
        ],
        axis=1,
    )
    approach = normal_velocity[:, 0, None] * normal
    return ObstacleFeatures(
        scalars=jnp.where(mask[:, None], scalars, 0.0),
        vectors=jnp.stack([normal, approach], axis=1),
        weight=fade(ratio, mask),
    )
