"""The learned particle simulator: a graph network inside a semi-implicit Euler step."""

import math
from functools import partial
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
from jax import lax

from ..._contact import Contact
from ..._particle_checks import check_particles
from ..._results import RESULTS, as_code, first_failure
from ..._simulator import AbstractSimulator
from ..._types import Array, Code, Float
from ...graphs import EdgeList, ObstacleGraph, RadiusGraph
from ...scenes import AbstractObstacles, ParticleFrame, ParticleScene
from ...scenes._obstacles import union
from ._beside import beside, with_walls
from ._features import Apart, Statistics, obstacle_features, pair_features
from ._glide import glide, parked, shifted
from ._mixing import mix
from ._network import AbstractParticleNetwork, ParticleGraph
from ._ranges import ParticleRanges
from ._state import ParticleContext, ParticleState

MARGIN = 1e-3  # metres that particles keep from the box's walls
_MAX_SPEED = 6.0  # metres a second, up to which a part is shorter than obstacles are thick
_UP = 1  # the axis along which an outflow takes the place of the floor
# Of gliding water's contact, in particle spacings: those of the solver, whose cells are two wide.
_SOFTNESS, _MARGIN = 0.2, 0.4


def sweeps_of(dt: float) -> int:
    """Parts in which a frame's displacement is swept past obstacles."""
    return math.ceil(_MAX_SPEED * dt / 0.0135)


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
    r"""A graph network simulator for particles in a box with obstacles, in the plane or in space.

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

    With `slip`, what is looked ahead at is a path in so many substeps that slips along obstacles,
    with the velocity at its end: the network adds to these what the other particles do. A frame may
    be several such steps, `parts`; the way back keeps the states between them, and computes all
    else of a part again. In space the box's walls only hold particles back.

    Particles that an inflow has not switched on and those that have landed stay where they are,
    and have no neighbors.

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
    - `dim`: of the scenes, 2 or 3.
    - `parts`: equal steps that make a frame.
    - `slip`: substeps of a path that slips along obstacles; 0 for a displacement that is swept.
    """

    network: AbstractParticleNetwork
    statistics: Statistics
    connectivity: RadiusGraph
    obstacle_graph: ObstacleGraph
    dt: float = eqx.field(static=True)
    mixing: float = eqx.field(static=True, default=0.0)
    ranges: ParticleRanges | None = eqx.field(static=True, default=None)
    dim: int = eqx.field(static=True, default=2)
    parts: int = eqx.field(static=True, default=1)
    slip: int = eqx.field(static=True, default=0)

    def init(self, scene: ParticleScene) -> tuple[ParticleContext, ParticleState]:
        self._check_dimensions(scene)
        gates = scene.gates
        lower = scene.lower
        if gates.outflow is not None:  # the floor is open
            lower = lower.at[_UP].set(-jnp.inf)
        context = ParticleContext(
            obstacles=union([with_walls(scene), *scene.bodies]),
            contact=self._contact(scene),
            lower=lower,
            upper=scene.upper,
            gravity=scene.gravity,
            gates=gates,
        )
        start = gates.start(scene.position)
        return context, ParticleState(scene.position, scene.velocity, start)

    def step(self, context: ParticleContext, state: ParticleState) -> tuple[ParticleState, Code]:
        if self.parts == 1:
            after, code = self._part(context, state)
        else:
            # Backwards a part's edges and latents live only while it is that part's turn.
            @partial(jax.checkpoint, prevent_cse=False)
            def part(carry: tuple[ParticleState, Code], _: None) -> tuple[Any, None]:
                after, code = self._part(context, carry[0])
                return (after, first_failure(carry[1], code)), None

            start = state, as_code(RESULTS.successful)
            (after, code), _ = lax.scan(part, start, None, length=self.parts)
        if state.passage is None:
            return after, code
        passage, position = context.gates.passed(
            state.passage, state.position, after.position, self.dt
        )
        return ParticleState(position, after.velocity, passage), code

    @property
    def recomputes(self) -> bool:
        return self.parts > 1

    @property
    def part_dt(self) -> float:
        """Seconds of a part of a frame, which is what the network knows."""
        return self.dt / self.parts

    def _part(self, context: ParticleContext, state: ParticleState) -> tuple[ParticleState, Code]:
        ahead, fallen = self.ahead(context, state)
        graph, code = self.graph(context, state, ahead)
        changes = self.changes(graph)
        velocity = fallen + changes[:, 1] / self.part_dt
        if self.mixing:
            velocity = mix(velocity, graph.pairs, graph.pair_features.weight, self.mixing)
        if self.slip:
            position = shifted(context.contact, ahead, changes[:, 0])
            position = self._inside(context, position)
        else:
            position = self._advance(
                context, state.position, ahead - state.position + changes[:, 0]
            )
            if not context.contact.is_empty:
                position = self._inside(context, context.contact.leave_nooks(position))
        if state.passage is None:
            return ParticleState(position, velocity), code
        moving = state.passage.moving[:, None]
        return ParticleState(
            jnp.where(moving, position, state.position),
            jnp.where(moving, velocity, state.velocity),
            state.passage,
        ), code

    def observe(self, context: ParticleContext, state: ParticleState) -> ParticleFrame:
        return ParticleFrame(state.position, state.velocity, state.passage)

    def grow(self, factor: float) -> "ParticleSimulator":
        return eqx.tree_at(
            lambda s: (s.connectivity, s.obstacle_graph),
            self,
            (self.connectivity.grow(factor), self.obstacle_graph.grow(factor)),
            is_leaf=lambda x: isinstance(x, RadiusGraph | ObstacleGraph),
        )

    def check(self, scene: ParticleScene, num_steps: int | None = None) -> tuple[str, ...]:
        self._check_dimensions(scene)
        said = check_particles(scene)
        return said if self.ranges is None else (*said, *self.ranges.check(scene, num_steps))

    def look_ahead(
        self, context: ParticleContext, state: ParticleState
    ) -> Float[Array, "node dim"]:
        """Where the particles would be after a part without each other, in metres."""
        return self.ahead(context, state)[0]

    def ahead(self, context: ParticleContext, state: ParticleState) -> tuple[Array, Array]:
        """As `look_ahead`, and the velocities that they would have there, in metres a second."""
        dt, gravity = self.part_dt, context.gravity
        if self.slip:
            position, velocity = glide(
                context.contact, state.position, state.velocity, gravity, dt=dt, num=self.slip
            )
            return self._inside(context, position), velocity
        move = dt * state.velocity + (0.5 * dt**2 * gravity)[None]
        velocity = state.velocity + dt * gravity[None]
        return self._advance(context, state.position, move), velocity

    def changes(self, graph: ParticleGraph) -> Float[Array, "node 2 dim"]:
        """What the network adds to the positions ahead and to the velocities, m and m a frame."""
        learned = self.network(graph)
        units = (self.statistics.position_change, self.statistics.velocity_change)
        return learned * jnp.asarray(units, learned.dtype)[None, :, None]

    def graph(
        self, context: ParticleContext, state: ParticleState, ahead: Float[Array, "node dim"]
    ) -> tuple[ParticleGraph, Code]:
        """The network's input for a state and the positions ahead, and a `RESULTS` code."""
        points, moving = lax.stop_gradient(ahead), None
        if state.passage is not None:  # what does not move is nobody's neighbor
            moving = state.passage.moving
            away = parked(points, context.upper, 2 * self.connectivity.radius)
            points = jnp.where(moving[:, None], points, away)
        pairs, pair_code = self.connectivity(points)
        obstacles, own, (delta, distance), obstacle_code = beside(
            context.obstacles, ahead, moving, self.obstacle_graph, all_near=self.slip > 0
        )
        near = obstacles.at_receivers(ahead)
        moves = jnp.stack([self.part_dt * state.velocity, ahead - state.position], axis=1)
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
        """How far the obstacles' surfaces move in a part, in metres; `None` if they do not."""
        return self.part_dt * own.velocity(near) if own.is_moving else None

    def _advance(self, context: ParticleContext, position: Array, move: Array) -> Array:
        if not context.contact.is_empty:
            position = context.contact.move(position, move, num_sweeps=sweeps_of(self.part_dt))
        else:
            position = position + move
        return self._inside(context, position)

    def _contact(self, scene: ParticleScene) -> Contact:
        if not self.slip:
            return Contact(scene.obstacles, softness=0.0025, margin=0.0)
        spacing = scene.spacing
        if spacing is None:
            assert self.ranges is not None
            spacing = self.ranges.spacing
        softness, margin = _SOFTNESS * spacing, _MARGIN * spacing
        return Contact(scene.obstacles, softness=softness, margin=margin)

    def _check_dimensions(self, scene: ParticleScene) -> None:
        if scene.position.shape[1] != self.dim:
            raise ValueError(
                f"`ParticleSimulator` needs scenes of {self.dim} dimensions, got "
                f"{scene.position.shape[1]}."
            )

    def _inside(self, context: ParticleContext, position: Array) -> Float[Array, "node dim"]:
        return jnp.clip(position, context.lower[None] + MARGIN, context.upper[None] - MARGIN)
