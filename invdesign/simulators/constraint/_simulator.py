"""Learned motion of linked and of touching bodies by constraints."""

import dataclasses
from typing import Any

import equinox as eqx
import jax.numpy as jnp

from ..._simulator import AbstractSimulator
from ..._types import Array, Code, Float
from ...scenes import ParticleFrame
from ._contact import AbstractContact, HardContact
from ._inner import AbstractInnerSolver
from ._mirrored import MirroredNetwork
from ._network import ConstraintNetwork
from ._problem import InnerProblem
from ._ranges import AbstractRanges
from ._views import AbstractContext, AbstractView, Links


@dataclasses.dataclass(frozen=True)
class MotionStatistics:
    """Spreads of the data that a network's inputs and outputs are measured in.

    **Arguments:** `velocity`: of what a frame moves a node, in metres along an axis;
    `acceleration`: of how that changes from a frame to the next.
    """

    velocity: float
    acceleration: float


class MotionState(eqx.Module):
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
    - `view`: how scenes are put before the network: ropes, rigid bodies or balls.
    - `ranges`: the scenes it has learned from; `None` where that is not known.
    """

    network: ConstraintNetwork | MirroredNetwork
    solver: AbstractInnerSolver
    statistics: MotionStatistics = eqx.field(static=True)
    num_past: int = eqx.field(static=True)
    dt: float = eqx.field(static=True)
    contact: AbstractContact = HardContact()
    view: AbstractView = Links()
    ranges: AbstractRanges | None = eqx.field(static=True, default=None)

    def init(self, scene: Any) -> tuple[AbstractContext, MotionState]:
        context = self.view.context(scene)
        moved = jnp.where(context.is_free[:, None], self.dt * scene.velocity, 0.0)
        return context, MotionState(scene.position, jnp.stack([moved] * self.num_past))

    def step(self, context: AbstractContext, state: MotionState) -> tuple[MotionState, Code]:
        problem, seen = self.problem(context, state)
        candidate, code = self.solver.solve(problem, jnp.zeros_like(state.position))
        return self.moved(problem, state, candidate), jnp.where(seen != 0, seen, code)

    def problem(self, context: AbstractContext, state: MotionState) -> tuple[InnerProblem, Code]:
        """The inner solve of a step, and whether all is seen that has to be."""
        last = state.moved[-1]
        unit = jnp.asarray(self.statistics.acceleration, last.dtype)
        coasting = state.position + last
        sight, code = context.sight(coasting, unit)
        nodes = [past / self.statistics.velocity for past in state.moved]
        problem = InnerProblem(
            network=self.network,
            sight=sight,
            is_free=context.is_free,
            nodes=jnp.concatenate([*nodes, context.traits, sight.nodes(state.position)], axis=1),
            edges=sight.edges(state.position),
            coasting=coasting,
            unit=unit,
            contact=self.contact,
            touch=context.touch,
        )
        return problem, code

    def moved(
        self, problem: InnerProblem, state: MotionState, candidate: Float[Array, "node dim"]
    ) -> MotionState:
        """The state after a step that has come to a candidate."""
        last = problem.masked(state.moved[-1] + problem.unit * candidate)
        return MotionState(state.position + last, jnp.concatenate([state.moved[1:], last[None]]))

    def observe(self, context: AbstractContext, state: MotionState) -> ParticleFrame:
        return ParticleFrame(position=state.position, velocity=state.moved[-1] / self.dt)

    def check(self, scene: Any, num_steps: int | None = None) -> tuple[str, ...]:
        self.view.check(scene)
        return () if self.ranges is None else self.ranges.check(scene, num_steps)

    def grow(self, factor: float) -> "ConstraintSimulator":
        return dataclasses.replace(self, view=self.view.grow(factor))
