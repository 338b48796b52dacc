"""Learned motion of linked bodies by constraints."""

import dataclasses

import equinox as eqx
import jax.numpy as jnp

from ..._geometry import safe_norm
from ..._simulator import AbstractSimulator
from ..._types import Array, Bool, Code, Float
from ...scenes import ParticleFrame, RopeScene
from ._contact import AbstractContact, HardContact, Touch
from ._inner import AbstractInnerSolver
from ._network import ConstraintNetwork, LinkGraph
from ._problem import InnerProblem, link_features
from ._ranges import RopeRanges

_DAMPING = 10.0  # a second, what rates of decay are measured in


@dataclasses.dataclass(frozen=True)
class RopeStatistics:
    """Spreads of the data that a network's inputs and outputs are measured in.

    **Arguments:** `velocity`: of what a frame moves a node, in metres along an axis;
    `acceleration`: of how that changes from a frame to the next.
    """

    velocity: float
    acceleration: float


class RopeContext(eqx.Module):
    """What does not change over a rollout."""

    graph: LinkGraph
    is_free: Bool[Array, " node"]
    rest: Float[Array, " edge"]
    damping: Float[Array, " node"]
    touch: Touch


class RopeState(eqx.Module):
    """Positions in metres, and what the last frames moved the nodes, the newest last."""

    position: Float[Array, "node dim"]
    moved: Float[Array, "frame node dim"]


class ConstraintSimulator(AbstractSimulator):
    r"""A simulator whose every step is an inner solve of a learned constraint.

    A network gives a number $c \ge 0$ for the past and a candidate of the next positions; the step
    is the candidate that an inner solver comes to from nodes that keep their velocities. So more
    can be asked of a step than was learned: the solver and how long it works may be changed, and
    obstacles that no training has shown are part of the solve.

    Source: Rubanova et al. (2022), Constraint-based graph network simulator (arXiv 2112.09161).

    **Arguments:**

    - `network`, `statistics`: weights and the units they were trained with.
    - `solver`: how a step is found, such as `GradientSteps(10, 0.3)`.
    - `num_past`: frames whose motion the network sees.
    - `dt`: seconds a frame.
    - `contact`: how obstacles act: `HardContact()`, or `SoftContact()`.
    - `ranges`: the scenes it has learned from; `None` where that is not known.
    """

    network: ConstraintNetwork
    solver: AbstractInnerSolver
    statistics: RopeStatistics = eqx.field(static=True)
    num_past: int = eqx.field(static=True)
    dt: float = eqx.field(static=True)
    contact: AbstractContact = HardContact()
    ranges: RopeRanges | None = eqx.field(static=True, default=None)

    def init(self, scene: RopeScene) -> tuple[RopeContext, RopeState]:
        position, is_free = scene.position, scene.is_free
        graph = LinkGraph.of_links(scene.links, position.shape[0], position.dtype)
        length = safe_norm((graph.senders - graph.receivers) @ position)
        context = RopeContext(
            graph=graph,
            is_free=is_free,
            rest=jnp.where(length > 0, length, 1.0),
            damping=scene.damping,
            touch=Touch(scene.obstacles, is_free, scene.radius),
        )
        moved = jnp.where(is_free[:, None], self.dt * scene.velocity, 0.0)
        return context, RopeState(position, jnp.stack([moved] * self.num_past))

    def step(self, context: RopeContext, state: RopeState) -> tuple[RopeState, Code]:
        problem = self.problem(context, state)
        candidate, code = self.solver.solve(problem, jnp.zeros_like(state.position))
        return self.moved(problem, state, candidate), code

    def problem(self, context: RopeContext, state: RopeState) -> InnerProblem:
        """The inner solve of a step."""
        graph, last = context.graph, state.moved[-1]
        unit = jnp.asarray(self.statistics.acceleration, last.dtype)
        held = (~context.is_free).astype(last.dtype)
        nodes = [past / self.statistics.velocity for past in state.moved]
        nodes += [held[:, None], context.damping[:, None] / _DAMPING]
        offset = (graph.senders - graph.receivers) @ state.position
        return InnerProblem(
            network=self.network,
            graph=graph,
            is_free=context.is_free,
            nodes=jnp.concatenate(nodes, axis=1),
            edges=link_features(offset, context.rest, unit),
            coasting=state.position + last,
            rest=context.rest,
            unit=unit,
            contact=self.contact,
            touch=context.touch,
        )

    def moved(
        self, problem: InnerProblem, state: RopeState, candidate: Float[Array, "node dim"]
    ) -> RopeState:
        """The state after a step that has come to a candidate."""
        last = problem.masked(state.moved[-1] + problem.unit * candidate)
        return RopeState(state.position + last, jnp.concatenate([state.moved[1:], last[None]]))

    def observe(self, context: RopeContext, state: RopeState) -> ParticleFrame:
        return ParticleFrame(position=state.position, velocity=state.moved[-1] / self.dt)

    def check(self, scene: RopeScene, num_steps: int | None = None) -> tuple[str, ...]:
        return () if self.ranges is None else self.ranges.check(scene, num_steps)

    def grow(self, factor: float) -> "ConstraintSimulator":
        raise ValueError("A `ConstraintSimulator` has no capacity that could grow.")
