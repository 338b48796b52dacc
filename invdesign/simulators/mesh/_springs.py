"""Learned motion of elastic bodies on meshes."""

import equinox as eqx
import jax.numpy as jnp

from ..._simulator import AbstractSimulator
from ..._types import Array, Code, Float
from ...graphs._world import WorldGraph, both_ways, pair_values
from ...scenes import ParticleFrame
from ...scenes._springs import SpringScene, stiffness_of, support_of
from ._springs_features import (
    SpringContext,
    SpringState,
    SpringStatistics,
    elastic_graph,
    offsets,
)
from ._springs_network import SpringNetwork
from ._springs_ranges import SpringRanges
from ._units import restored


class SpringSimulator(AbstractSimulator):
    r"""A mesh graph network inside a semi-implicit Euler step: bodies that bend, and touch.

    The network sees the mesh with relative positions at rest and now, and edges of the world
    between nodes that came near each other without being neighbors in the mesh; these are found
    anew at every step, inside the compiled program. It predicts accelerations beside gravity,
    $a$, in units of the data's spread:

    $$v' = v + \Delta t\, (g + a), \qquad x' = x + \Delta t\, v'$$

    for free nodes. Held ones stay, driven ones follow their line. Velocities are means over a
    frame, which a semi-implicit step reproduces exactly: $a$ is a second difference of positions.
    The first frame takes the scene's velocity for it.

    What bodies are made of is in the weights: it holds for the material of its data.

    Source: Pfaff et al. (2021), Learning mesh-based simulation with graph networks, sections 3.1
    to 3.3 and A.1, the Lagrangian case.

    **Arguments:**

    - `network`, `statistics`: weights and the units they were trained with.
    - `world`: finds what touches; its radius has to exceed the reach of contact by what nodes
      move in a frame.
    - `dt`: seconds a frame.
    - `ranges`: the scenes it has learned from; `None` where that is not known.
    """

    network: SpringNetwork
    statistics: SpringStatistics
    world: WorldGraph
    dt: float = eqx.field(static=True)
    ranges: SpringRanges | None = eqx.field(static=True, default=None)

    def init(self, scene: SpringScene) -> tuple[SpringContext, SpringState]:
        mesh, support = both_ways(scene.edges), support_of(scene)
        time = jnp.zeros((), scene.position.dtype)
        state = SpringState(*support(scene.position, scene.velocity, time), time)
        stiffness = pair_values(scene.edges, stiffness_of(scene))
        rest = offsets(scene.rest, mesh)
        return SpringContext(mesh, rest, stiffness, support, scene.gravity), state

    def step(self, context: SpringContext, state: SpringState) -> tuple[SpringState, Code]:
        # Anew, so that a cut of the state's gradient leaves the design's way through the context.
        given = context.support(state.position, state.velocity, state.time)
        state = SpringState(*given, state.time)
        learned, code = self.correct(context, state)
        acceleration = context.gravity[None] + restored(learned, self.statistics.acceleration)
        velocity = state.velocity + self.dt * acceleration
        time = state.time + self.dt
        moved = context.support(state.position + self.dt * velocity, velocity, time)
        return SpringState(*moved, time), code

    def correct(
        self, context: SpringContext, state: SpringState
    ) -> tuple[Float[Array, "node dim"], Code]:
        """The network's output, accelerations in its own units; and a `RESULTS` code."""
        world, code = self.world(state.position, context.mesh, context.support.is_free)
        graph = elastic_graph(
            context,
            state,
            world,
            radius=self.world.search.radius,
            statistics=self.statistics,
        )
        return self.network(graph), code

    def observe(self, context: SpringContext, state: SpringState) -> ParticleFrame:
        return ParticleFrame(position=state.position, velocity=state.velocity)

    def grow(self, factor: float) -> "SpringSimulator":
        return eqx.tree_at(
            lambda s: s.world,
            self,
            self.world.grow(factor),
            is_leaf=lambda x: isinstance(x, WorldGraph),
        )

    def check(self, scene: SpringScene, num_steps: int | None = None) -> tuple[str, ...]:
        return () if self.ranges is None else self.ranges.check(scene, num_steps)
