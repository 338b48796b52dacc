"""What a particle network sees: relative motion as numbers no rotation can change."""

import equinox as eqx
import jax.numpy as jnp

from ..._geometry import safe_norm
from ..._types import Array, Float
from ...graphs import EdgeList

History = Float[Array, "frame node dim"]
_BOUND = 8.0  # spreads of the training data
_CORE = 0.1  # of the radius: closer pairs have no sharp direction


class Statistics(eqx.Module):
    """Scales of the training data, in metres a frame (velocities) and a frame squared."""

    relative_velocity: float
    obstacle_velocity: float
    acceleration: float


class PairFeatures(eqx.Module):
    """Scalars and vectors of each edge between particles.

    `scalars` (edge, feature) are the same for both directions and under rotation, reflection and
    a common velocity; `vectors` (edge, 2, dim) change sign with the direction, so that symmetric
    coefficients times them conserve momentum; `weight` (edge,) fades to zero at the radius.
    """

    scalars: Float[Array, "edge feature"]
    vectors: Float[Array, "edge 2 dim"]
    weight: Float[Array, " edge"]


class ObstacleFeatures(eqx.Module):
    """Scalars, vectors and fading weight of each edge from an obstacle to a particle."""

    scalars: Float[Array, "edge feature"]
    vectors: Float[Array, "edge 3 dim"]
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


def num_pair_scalars(num_velocities: int) -> int:
    """Width of `PairFeatures.scalars`."""
    return 2 + 2 * num_velocities


def num_obstacle_scalars(num_velocities: int) -> int:
    """Width of `ObstacleFeatures.scalars`."""
    return 3 + 2 * num_velocities


def pair_features(
    history: History, edges: EdgeList, radius: float, statistics: Statistics
) -> PairFeatures:
    """Distances and relative velocities of neighbours over the history (latest frame last)."""
    num_frames, num_nodes, dim = history.shape
    rows = jnp.moveaxis(history, 1, 0).reshape(num_nodes, num_frames * dim)
    relative = edges.at_receivers(rows) - edges.at_senders(rows)
    relative = jnp.where(edges.mask[:, None], relative, 0.0).reshape(-1, num_frames, dim)
    offset = relative[:, -1] / radius
    distance = safe_norm(offset)
    # The direction of a pair that all but coincides means nothing: let it vanish smoothly.
    direction = offset / jnp.sqrt(distance**2 + _CORE**2)[:, None]
    velocity = (relative[:, 1:] - relative[:, :-1]) / statistics.relative_velocity
    radial = jnp.sum(velocity * direction[:, None], axis=-1)
    speed = jnp.sqrt(jnp.sum(velocity**2, axis=-1) + 1e-4)
    lengths = jnp.stack([distance, distance**2], axis=1)
    slowed = velocity[:, -1] * (squash(speed[:, -1]) / speed[:, -1])[:, None]
    return PairFeatures(
        scalars=jnp.concatenate([lengths, squash(radial), squash(speed)], axis=1),
        vectors=jnp.stack([direction, slowed], axis=1),
        weight=fade(distance, edges.mask),
    )


def obstacle_features(
    velocity: Float[Array, "edge frame dim"],
    normal: Float[Array, "edge dim"],
    gap: Float[Array, " edge"],
    down: Float[Array, "edge dim"],
    mask: Array,
    radius: float,
    statistics: Statistics,
) -> ObstacleFeatures:
    """Gap, slope and velocities of particles near an obstacle, in the frame of its normal.

    `velocity` holds the frame-to-frame displacements of each edge's particle (latest last),
    `normal` points from the obstacle to the particle, `down` is the direction of gravity.
    """
    velocity = velocity / statistics.obstacle_velocity
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
    along_normal = normal_velocity[:, -1, None] * normal
    return ObstacleFeatures(
        scalars=jnp.where(mask[:, None], scalars, 0.0),
        vectors=jnp.stack([normal, along_normal, velocity[:, -1] - along_normal], axis=1),
        weight=fade(ratio, mask),
    )
