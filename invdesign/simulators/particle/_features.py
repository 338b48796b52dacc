"""What a particle network sees: relative motion as numbers no rotation can change."""

from typing import Any, NamedTuple

import equinox as eqx
import jax.numpy as jnp

from ..._geometry import safe_sqrt
from ..._types import Array, Float
from ...graphs import EdgeList
from ...nn import map_edges
from .._fade import fade

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
    motion = jnp.concatenate([position[:, None], moves], axis=1).reshape(num_nodes, 3 * dim)
    spread = jnp.asarray(statistics.relative_velocity, motion.dtype)

    def compare(shared, edges: EdgeList, _):
        motion, spread = shared
        relative = edges.at_receivers(motion) - edges.at_senders(motion)
        relative = jnp.where(edges.mask[:, None], relative, 0.0).reshape(-1, 3, dim)
        return _pair_features(relative, edges.mask, radius, spread), ()

    features, _ = map_edges(compare, (motion, spread), edges, (), num_nodes)
    return features


def _pair_features(
    relative: Float[Array, "edge 3 dim"], mask: Array, radius: float, spread: Any
) -> PairFeatures:
    # A component at a time: on a CPU sums over axes of two or three run several times slower.
    dim = relative.shape[2]
    offset = [relative[:, 0, axis] / radius for axis in range(dim)]
    squared = _dot(offset, offset)
    distance = safe_sqrt(squared)
    # The direction of a pair that all but coincides means nothing: let it vanish smoothly.
    direction = [x / jnp.sqrt(squared + _CORE**2) for x in offset]
    radials, speeds, vectors = [], [], [jnp.stack(direction, axis=1)]
    for move in (1, 2):
        velocity = [relative[:, move, axis] / spread for axis in range(dim)]
        speed = jnp.sqrt(_dot(velocity, velocity) + 1e-4)
        radials.append(squash(_dot(velocity, direction)))
        speeds.append(squash(speed))
        slowed = speeds[-1] / speed
        vectors.append(jnp.stack([slowed * v for v in velocity], axis=1))
    return PairFeatures(
        scalars=jnp.stack([distance, squared, *radials, *speeds], axis=1),
        vectors=jnp.stack(vectors, axis=1),
        weight=fade(distance, mask),
    )


def _dot(first: list[Array], second: list[Array]) -> Array:
    return sum((a * b for a, b in zip(first, second, strict=True)), start=jnp.zeros_like(first[0]))


class Apart(NamedTuple):
    """How an obstacle and a particle near it lie to each other, edge by edge.

    The vector from the obstacle's core to the particle and its length (m), the obstacle's
    thickness around the core (m), the direction of gravity, and how far its surface moves in a
    frame (m), `None` at rest.
    """

    delta: Float[Array, "edge dim"]
    distance: Float[Array, " edge"]
    obstacle_radius: Float[Array, " edge"]
    down: Float[Array, "edge dim"]
    drift: Float[Array, "edge dim"] | None = None


def obstacle_features(
    moves: Float[Array, "node 2 dim"],
    apart: Apart,
    edges: EdgeList,
    reach: float,
    statistics: Statistics,
) -> ObstacleFeatures:
    """Gap, slope and velocities of particles near an obstacle, in the frame of its normal.

    Both vectors point along the normal: obstacles and walls slip, so that no scene loses momentum
    along a wall.

    `moves` holds the velocity now and the displacement to the position ahead (m a frame).
    """
    num_nodes, num_moves, dim = moves.shape
    spread = jnp.asarray(statistics.obstacle_velocity, moves.dtype)

    def look(shared, edges: EdgeList, rows):
        moves, spread = shared
        near = edges.at_receivers(moves).reshape(-1, num_moves, dim)
        return _obstacle_features(near, rows, edges.mask, reach, spread), ()

    rows = moves.reshape(num_nodes, num_moves * dim)
    features, _ = map_edges(look, (rows, spread), edges, apart, num_nodes)
    return features


def _obstacle_features(
    moves: Float[Array, "edge 2 dim"], apart: Apart, mask: Array, reach: float, spread: Any
) -> ObstacleFeatures:
    delta, distance, obstacle_radius, down, drift = apart
    moves = moves if drift is None else moves - drift[:, None]
    dim = delta.shape[1]
    normal = [delta[:, axis] / jnp.maximum(distance, 1e-9) for axis in range(dim)]
    speeds, approaches = [], []
    for move in (0, 1):
        velocity = [moves[:, move, axis] / spread for axis in range(dim)]
        approaches.append(_dot(velocity, normal))
        speeds.append(jnp.sqrt(_dot(velocity, velocity) + 1e-4))
    ratio = (distance - obstacle_radius) / reach
    slope = _dot(normal, [down[:, axis] for axis in range(dim)])
    inputs = [ratio, ratio**2, slope, *map(squash, approaches), *map(squash, speeds)]
    vectors = [[approach * n for n in normal] for approach in (1.0, approaches[0])]
    return ObstacleFeatures(
        scalars=jnp.where(mask[:, None], jnp.stack(inputs, axis=1), 0.0),
        vectors=jnp.stack([jnp.stack(vector, axis=1) for vector in vectors], axis=1),
        weight=fade(ratio, mask),
    )
