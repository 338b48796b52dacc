"""The learned particle simulator: a graph network inside a semi-implicit Euler step."""

import math

import equinox as eqx
import jax.numpy as jnp

from ..._geometry import CapsuleContact, box_walls, closest_points
from ..._results import first_failure
from ..._scene import ParticleFrame, ParticleScene
from ..._simulator import AbstractSimulator
from ..._types import Array, Code, Float
from ...graphs import EdgeList, ObstacleGraph, RadiusGraph
from ._features import Statistics, obstacle_features, pair_features
from ._network import ParticleGraph, ParticleNetwork

_MAX_SPEED = 6.0  # metres a second; faster particles are slowed by the sweep


class ParticleContext(eqx.Module):
    """What is constant over a rollout: obstacles with the box's walls, and gravity."""

    obstacles: Float[Array, "obstacle 2 dim"]
    obstacle_radius: Float[Array, " obstacle"]
    contact: CapsuleContact
    lower: Float[Array, " dim"]
    upper: Float[Array, " dim"]
    gravity: Float[Array, " dim"]


class ParticleState(eqx.Module):
    """The last positions in metres, oldest first, `(num_velocities + 1, node, dim)`."""

    history: Float[Array, "frame node dim"]


def ballistic_history(
    position: Array, velocity: Array, gravity: Array, dt: float, num_velocities: int
) -> Float[Array, "frame node dim"]:
    """Positions `num_velocities` frames back on the parabola through a state, oldest first."""
    times = -dt * jnp.arange(num_velocities, -1, -1, dtype=position.dtype)[:, None, None]
    return position[None] + times * velocity[None] + 0.5 * times**2 * gravity[None, None]


def particle_graph(
    history: Float[Array, "frame node dim"],
    pairs: EdgeList,
    obstacles: EdgeList,
    delta: Float[Array, "edge dim"],
    distance: Float[Array, " edge"],
    obstacle_radius: Float[Array, " edge"],
    down: Float[Array, "edge dim"],
    *,
    radius: float,
    reach: float,
    statistics: Statistics,
) -> ParticleGraph:
    """The network's input from positions and edges; `delta` points from obstacle to particle."""
    num_frames, num_nodes, dim = history.shape
    velocity = jnp.moveaxis(history[1:] - history[:-1], 1, 0).reshape(num_nodes, -1)
    velocity = obstacles.at_receivers(velocity).reshape(-1, num_frames - 1, dim)
    normal = delta / jnp.maximum(distance, 1e-9)[:, None]
    touch = obstacle_features(
        velocity, normal, distance - obstacle_radius, down, obstacles.mask, reach, statistics
    )
    return ParticleGraph(
        pairs=pairs,
        pair_features=pair_features(history, pairs, radius, statistics),
        obstacles=obstacles,
        obstacle_features=touch,
        num_nodes=num_nodes,
        damping_unit=statistics.acceleration / statistics.relative_velocity,
    )


class ParticleSimulator(AbstractSimulator):
    r"""A graph network simulator for particles in a box with capsule obstacles, in the plane.

    One step predicts accelerations $a$ beyond gravity and integrates
    $x_{t+1} = 2 x_t - x_{t-1} + (g + a) \Delta t^2$; the displacement is then swept so that no
    particle enters an obstacle or leaves the box. Obstacles act through their closest point to
    each particle, whatever their length. All of it is one compiled program, the neighbour search
    included.

    Source: Sanchez-Gonzalez et al. (2020), GNS, sections 3 and 4; the inertial prior, obstacle
    edges and the sweep are ours.

    **Arguments:**

    - `network`, `statistics`: weights and the scales they were trained with.
    - `connectivity`: neighbour search between particles, radius in metres.
    - `obstacle_graph`: search for obstacles near particles.
    - `dt`: seconds a frame.
    - `num_velocities`: past velocities a particle remembers.
    """

    network: ParticleNetwork
    statistics: Statistics
    connectivity: RadiusGraph
    obstacle_graph: ObstacleGraph
    dt: float = eqx.field(static=True)
    num_velocities: int = eqx.field(static=True)

    def init(self, scene: ParticleScene) -> tuple[ParticleContext, ParticleState]:
        if scene.position.shape[1] != 2:
            raise ValueError(
                f"`ParticleSimulator` needs scenes of 2 dimensions, got {scene.position.shape[1]}."
            )
        walls = box_walls(scene.lower, scene.upper)
        flat = jnp.zeros((walls.shape[0],), scene.segment_radius.dtype)
        context = ParticleContext(
            obstacles=jnp.concatenate([scene.segments, walls]),
            obstacle_radius=jnp.concatenate([scene.segment_radius, flat]),
            contact=CapsuleContact(
                scene.segments, scene.segment_radius, softness=0.0025, margin=0.0
            ),
            lower=scene.lower,
            upper=scene.upper,
            gravity=scene.gravity,
        )
        history = ballistic_history(
            scene.position, scene.velocity, scene.gravity, self.dt, self.num_velocities
        )
        return context, ParticleState(history)

    def step(self, context: ParticleContext, state: ParticleState) -> tuple[ParticleState, Code]:
        acceleration, code = self.acceleration(context, state)
        history = state.history
        move = history[-1] - history[-2] + acceleration
        position = self._advance(context, history[-1], move)
        return ParticleState(jnp.concatenate([history[1:], position[None]])), code

    def observe(self, context: ParticleContext, state: ParticleState) -> ParticleFrame:
        velocity = (state.history[-1] - state.history[-2]) / self.dt
        return ParticleFrame(position=state.history[-1], velocity=velocity)

    def grow(self, factor: float) -> "ParticleSimulator":
        return eqx.tree_at(
            lambda s: (s.connectivity, s.obstacle_graph),
            self,
            (self.connectivity.grow(factor), self.obstacle_graph.grow(factor)),
            is_leaf=lambda x: isinstance(x, RadiusGraph | ObstacleGraph),
        )

    def acceleration(
        self, context: ParticleContext, state: ParticleState
    ) -> tuple[Float[Array, "node dim"], Code]:
        """Accelerations in metres a frame squared, gravity included, and a `RESULTS` code."""
        graph, code = self.graph(context, state)
        learned = self.statistics.acceleration * self.network(graph)
        return learned + self.dt**2 * context.gravity[None], code

    def graph(self, context: ParticleContext, state: ParticleState) -> tuple[ParticleGraph, Code]:
        """The network's input for a state, and a `RESULTS` code."""
        position = state.history[-1]
        pairs, pair_code = self.connectivity(position)
        delta, distance = closest_points(position, context.obstacles)
        obstacles, obstacle_code = self.obstacle_graph(distance - context.obstacle_radius[None])
        at = (obstacles.receivers, obstacles.senders)
        down = context.gravity / jnp.maximum(jnp.linalg.norm(context.gravity), 1e-9)
        graph = particle_graph(
            state.history,
            pairs,
            obstacles,
            delta[at],
            distance[at],
            context.obstacle_radius[obstacles.senders],
            jnp.broadcast_to(down[None], delta[at].shape),
            radius=self.connectivity.radius,
            reach=self.obstacle_graph.radius,
            statistics=self.statistics,
        )
        return graph, first_failure(pair_code, obstacle_code)

    def _advance(self, context: ParticleContext, position: Array, move: Array) -> Array:
        margin = 1e-3
        num_sweeps = math.ceil(_MAX_SPEED * self.dt / 0.0135)
        if context.contact.segments.shape[0] > 0:
            position = context.contact.move(position, move, num_sweeps=num_sweeps)
        else:
            position = position + move
        return jnp.clip(position, context.lower[None] + margin, context.upper[None] - margin)
