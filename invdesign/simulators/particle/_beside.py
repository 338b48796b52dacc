"""Which obstacles are beside which particles."""

import equinox as eqx
import jax
import jax.numpy as jnp
from jax import lax

from ..._geometry import box_walls
from ..._results import RESULTS, as_code
from ..._types import Array, Bool, Code, Float
from ...graphs import EdgeList, ObstacleGraph
from ...graphs._edges import gather
from ...scenes import AbstractObstacles, ParticleScene
from ...scenes._capsules import Capsules

Found = tuple[EdgeList, AbstractObstacles, tuple[Array, Array], Code]


def beside(
    obstacles: AbstractObstacles,
    ahead: Float[Array, "node dim"],
    moving: Bool[Array, " node"] | None,
    search: ObstacleGraph,
    *,
    all_near: bool,
) -> Found:
    """Edges from obstacles to particles, the obstacle of each, the way from it and its length.

    And a `RESULTS` code.

    **Arguments:** `moving`: the others feel nothing; `all_near`: whether every particle may be near
    a body that is the only one, so that there is nothing to search.
    """
    if all_near and obstacles.thickness.shape[0] == 1:
        return _beside_one(obstacles, ahead, moving, search.radius)
    bodies, points = lax.stop_gradient((obstacles, ahead))
    gaps = bodies.by_axis(points)[1].T - bodies.thickness[None]
    gaps = gaps if moving is None else jnp.where(moving[:, None], gaps, jnp.inf)
    edges, code = search(gaps)
    # Differentiate by the few obstacles that are near a particle, not by all.
    own = obstacles.take(edges.senders, _rows)
    return edges, own, _closest(own, edges.at_receivers(ahead)), code


def _beside_one(
    obstacles: AbstractObstacles, ahead: Array, moving: Array | None, reach: float
) -> Found:
    node = jnp.arange(ahead.shape[0], dtype=jnp.int32)
    own = obstacles.take(jnp.zeros_like(node))
    delta, distance = _closest(own, ahead)
    near = distance - own.thickness < reach
    near = near if moving is None else near & moving
    edges = EdgeList(jnp.zeros_like(node), node, near)
    return edges, own, (delta, distance), as_code(RESULTS.successful)


def _closest(own: AbstractObstacles, points: Array) -> tuple[Array, Array]:
    return jax.checkpoint(lambda own, points: own.closest(points), prevent_cse=False)(own, points)


def _rows(array: Array, index: Array) -> Array:
    """Rows of an array; vectors, which have gradients, are gathered as the network's rows are."""
    if array.ndim == 1 or not eqx.is_inexact_array(array):
        return array[index]
    return gather(array.reshape(array.shape[0], -1), index).reshape(-1, *array.shape[1:])


def with_walls(scene: ParticleScene) -> Capsules:
    """The scene's capsules; in the plane with the box's walls, but for a floor that is open."""
    capsules = Capsules(segments=scene.segments, thickness=scene.segment_radius)
    if scene.position.shape[1] != 2:
        return capsules
    walls = box_walls(scene.lower, scene.upper)  # the floor first
    return capsules.and_capsules(walls if scene.outflow is None else walls[1:])
