"""The learned particle simulator: a graph network inside a semi-implicit Euler step."""

import math

import equinox as eqx
import jax
import jax.numpy as jnp
from jax import lax

from ..._contact import Contact
from ..._geometry import box_walls
from ..._particle_checks import check_particles
from ..._results import first_failure
from ..._simulator import AbstractSimulator
from ..._types import Array, Code, Float
from ...graphs import EdgeList, ObstacleGraph, RadiusGraph
from ...graphs._edges import gather
from ...scenes import AbstractObstacles, ParticleFrame, ParticleScene
from ...scenes._capsules import Capsules
from ...scenes._obstacles import union
from ...scenes._particles import refuse_gates
from ._features import Apart, Statistics, obstacle_features, pair_features
from ._mixing import mix
from ._network import AbstractParticleNetwork, ParticleGraph
from ._ranges import WaterRanges

MARGIN = 1e-3  # metres that particles keep from the box's walls
_MAX_SPEED = 6.0  # metres a second, up to which a part is shorter than obstacles are thick


def num_sweeps(dt: float) -> int:
    """Parts in which a frame's displacement is swept past obstacles."""
    return math.ceil(_MAX_SPEED * dt / 0.0135)


class ParticleContext(eqx.Module):
    """What is constant over a rollout: obstacles with the box's walls, and gravity."""

    obstacles: AbstractObstacles
    contact: Contact
    lower: Float[Array, " dim"]
    upper: Float[Array, " dim"]
    gravity: Float[Array, " dim"]


class ParticleState(eqx.Module):
    """Positions in metres and velocities in metres a second, `(node, dim)`."""

    position: Float[Array, "node dim"]
    velocity: Float[Array, "node dim"]


def particle_graph(
    ahead: Float[Array, "node dim"],
    moves: Float[Array, "node 2 dim"],
    pairs: EdgeList,
    obstacles: EdgeList,
    apart: Apart,
    *,
    radius: float,
    reach: float,
    statistics: Statistics,
) -> ParticleGraph:
    """The network's input from the positions ahead, to which the edges belong.

    `moves` are velocities now and displacements to the positions ahead, in metres a frame.
    """
    num_nodes = moves.shape[0]
    return ParticleGraph(
        pairs=pairs,
        pair_features=pair_features(ahead, moves, pairs, radius, statistics),
        obstacles=obstacles,
        obstacle_features=obstacle_features(moves, apart, obstacles, reach, statistics),
        num_nodes=num_nodes,
        damping_unit=(
            statistics.position_change / statistics.relative_velocity,
            statistics.velocity_change / statistics.relative_velocity,
        ),
    )


class ParticleSimulator(AbstractSimulator):
    r"""A graph network simulator for particles in a box with obstacles, in the plane.

    One step first looks ahead, $\hat x = S(x, v \Delta t + g \Delta t^2 / 2)$: where particles
    would be without each other, where $S$ sweeps a displacement such that no particle enters an
    obstacle or leaves the box. The network sees the graph of the positions ahead and predicts
    what the frame adds to them and to the velocities, $\delta x$ and $\delta v$:
    $x' = S(x, \hat x - x + \delta x)$, $v' = v + g \Delta t + \delta v$. What will touch within
    the frame is seen to touch, however fast it comes. Obstacles act through their closest point
    to each particle, whatever their length. All of it is one compiled program, the neighbour
    search included.

    The state is that of the solver it learns from, positions and velocities. A history of
    positions, as in GNS, only knows the mean velocity over a frame: an impact in the middle of
    it looks like half a velocity.

    With `mixing`, neighbors share their velocities in the end of a step, as they do on the grid
    of the solver; a network alone blows up what differs between them where water comes to rest.

    Source: Sanchez-Gonzalez et al. (2020), GNS, sections 3 and 4, for the network; Ummenhofer et
    al. (2020), section 3, for a correction of positions advanced without forces; obstacle edges
    and the sweep are ours.

    **Arguments:**

    - `network`, `statistics`: weights and the scales they were trained with.
    - `connectivity`: neighbour search between particles, radius in metres.
    - `obstacle_graph`: search for obstacles near particles.
    - `dt`: seconds a frame.
    - `mixing`: share of its velocity relative to its neighbors that a particle in a crowd loses
      in a frame, from 0 to 1.
    - `ranges`: the scenes it has learned from; `None` where that is not known.
    """

    network: AbstractParticleNetwork
    statistics: Statistics
    connectivity: RadiusGraph
    obstacle_graph: ObstacleGraph
    dt: float = eqx.field(static=True)
    mixing: float = eqx.field(static=True, default=0.0)
    ranges: WaterRanges | None = eqx.field(static=True, default=None)

    def init(self, scene: ParticleScene) -> tuple[ParticleContext, ParticleState]:
        _check_dimensions(scene)
        walls = box_walls(scene.lower, scene.upper)
        capsules = Capsules(segments=scene.segments, thickness=scene.segment_radius)
        context = ParticleContext(
            obstacles=union([capsules.and_capsules(walls), *scene.bodies]),
            contact=Contact(scene.obstacles, softness=0.0025, margin=0.0),
            lower=scene.lower,
            upper=scene.upper,
            gravity=scene.gravity,
        )
        return context, ParticleState(scene.position, scene.velocity)

    def step(self, context: ParticleContext, state: ParticleState) -> tuple[ParticleState, Code]:
        ahead = self.look_ahead(context, state)
        graph, code = self.graph(context, state, ahead)
        changes = self.changes(graph)
        move = ahead - state.position + changes[:, 0]
        fall = self.dt * context.gravity[None]
        velocity = state.velocity + fall + changes[:, 1] / self.dt
        if self.mixing:
            velocity = mix(velocity, graph.pairs, graph.pair_features.weight, self.mixing)
        position = self._advance(context, state.position, move)
        if not context.contact.is_empty:
            position = self._inside(context, context.contact.leave_nooks(position))
        return ParticleState(position, velocity), code

    def observe(self, context: ParticleContext, state: ParticleState) -> ParticleFrame:
        return ParticleFrame(position=state.position, velocity=state.velocity)

    def grow(self, factor: float) -> "ParticleSimulator":
        return eqx.tree_at(
            lambda s: (s.connectivity, s.obstacle_graph),
            self,
            (self.connectivity.grow(factor), self.obstacle_graph.grow(factor)),
            is_leaf=lambda x: isinstance(x, RadiusGraph | ObstacleGraph),
        )

    def check(self, scene: ParticleScene, num_steps: int | None = None) -> tuple[str, ...]:
        _check_dimensions(scene)
        said = check_particles(scene)
        return said if self.ranges is None else (*said, *self.ranges.check(scene, num_steps))

    def look_ahead(
        self, context: ParticleContext, state: ParticleState
    ) -> Float[Array, "node dim"]:
        """Where the particles would be after a frame without each other, in metres."""
        fall = 0.5 * self.dt**2 * context.gravity
        return self._advance(context, state.position, self.dt * state.velocity + fall[None])

    def changes(self, graph: ParticleGraph) -> Float[Array, "node 2 dim"]:
        """What the network adds to the positions ahead and to the velocities, m and m a frame."""
        learned = self.network(graph)
        units = (self.statistics.position_change, self.statistics.velocity_change)
        return learned * jnp.asarray(units, learned.dtype)[None, :, None]

    def graph(
        self, context: ParticleContext, state: ParticleState, ahead: Float[Array, "node dim"]
    ) -> tuple[ParticleGraph, Code]:
        """The network's input for a state and the positions ahead, and a `RESULTS` code."""
        pairs, pair_code = self.connectivity(ahead)
        bodies, points = lax.stop_gradient((context.obstacles, ahead))
        gaps = bodies.by_axis(points)[1].T - bodies.thickness[None]
        obstacles, obstacle_code = self.obstacle_graph(gaps)
        # Differentiate by the few obstacles that are near a particle, not by all.
        own = context.obstacles.take(obstacles.senders, _rows)
        near = obstacles.at_receivers(ahead)
        closest = jax.checkpoint(lambda own, near: own.closest(near), prevent_cse=False)
        delta, distance = closest(own, near)
        moves = jnp.stack([self.dt * state.velocity, ahead - state.position], axis=1)
        down = context.gravity / jnp.maximum(jnp.linalg.norm(context.gravity), 1e-9)
        downs = jnp.broadcast_to(down[None], delta.shape)
        graph = particle_graph(
            ahead,
            moves,
            pairs,
            obstacles,
            Apart(delta, distance, own.thickness, downs, self._drift(own, near)),
            radius=self.connectivity.radius,
            reach=self.obstacle_graph.radius,
            statistics=self.statistics,
        )
        return graph, first_failure(pair_code, obstacle_code)

    def _drift(self, own: AbstractObstacles, near: Array) -> Array | None:
        """How far the obstacles' surfaces move in a frame, in metres; `None` if they do not."""
        return self.dt * own.velocity(near) if own.is_moving else None

    def _advance(self, context: ParticleContext, position: Array, move: Array) -> Array:
        if not context.contact.is_empty:
            position = context.contact.move(position, move, num_sweeps=num_sweeps(self.dt))
        else:
            position = position + move
        return self._inside(context, position)

    def _inside(self, context: ParticleContext, position: Array) -> Float[Array, "node dim"]:
        return jnp.clip(position, context.lower[None] + MARGIN, context.upper[None] - MARGIN)


def _rows(array: Array, index: Array) -> Array:
    """Rows of an array; vectors, which have gradients, are gathered as the network's rows are."""
    if array.ndim == 1 or not eqx.is_inexact_array(array):
        return array[index]
    return gather(array.reshape(array.shape[0], -1), index).reshape(-1, *array.shape[1:])


def _check_dimensions(scene: ParticleScene) -> None:
    refuse_gates(scene, "ParticleSimulator")
    if scene.position.shape[1] != 2:
        raise ValueError(
            f"`ParticleSimulator` needs scenes of 2 dimensions, got {scene.position.shape[1]}."
        )
