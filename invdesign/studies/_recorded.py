"""Values and gradients of a task over any horizon, from any recorded state, in one program."""

from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
from jax import lax

from .._problem import Problem, num_conditions
from .._results import RESULTS, as_code
from .._rollout import Trajectory, rollout
from .._simulator import AbstractSimulator
from .._types import Array, Bool, Code, Float, Int, Latent, Scalar
from ._known import showing


class Recorded(AbstractSimulator):
    """A simulator that starts from a recorded state and stands still for its first `wait` steps.

    With the horizon as data one compiled program serves all of them. The wait comes first, so that
    what an adjoint does on the way back it does to the steps that move.

    **Arguments:**

    - `simulator`: what moves.
    - `start`: one of its states.
    - `begins`: whether it starts from the scene after all, on which a design may have an effect.
    - `wait`: steps in which nothing moves yet.
    - `dt`: seconds a step.
    """

    simulator: AbstractSimulator
    start: Any
    begins: Bool[Array, ""]
    wait: Int[Array, ""]
    dt: float = eqx.field(static=True)

    def __check_init__(self):
        if self.simulator.frames_per_step > 1:
            raise ValueError(
                "`gradcheck` looks at single frames, and a step of "
                f"`{type(self.simulator).__name__}` makes {self.simulator.frames_per_step} of them."
            )

    @property
    def recomputes(self) -> bool:
        return self.simulator.recomputes

    def init(self, scene: Any) -> tuple[Any, Any]:
        context, fresh = self.simulator.init(scene)

        def chosen(own: Any, recorded: Any) -> Any:
            return jnp.where(self.begins, own, recorded) if eqx.is_array(own) else recorded

        start = jax.tree.map(chosen, fresh, self.start)
        return context, (start, jnp.asarray(0, jnp.int32))

    def step(self, context: Any, state: Any) -> tuple[Any, Code]:
        inner, count = state
        inner, code = lax.cond(
            count >= self.wait,
            lambda s: self.simulator.step(context, s),
            lambda s: (s, as_code(RESULTS.successful)),
            inner,
        )
        return (inner, count + 1), code

    def observe(self, context: Any, state: Any) -> Any:
        return self.simulator.observe(context, state[0])

    def grow(self, factor: float) -> "Recorded":
        raise ValueError("A recorded state cannot grow; record one of a grown simulator.")


class Stretch(eqx.Module):
    """A condition, and the state and the number of steps that are looked at.

    **Arguments:** `condition`: one of the task's, without a leading axis; `start`: a state of the
    simulator; `horizon`: steps from there, from the scene itself if these are all.
    """

    condition: Any
    start: Any
    horizon: Int[Array, ""]


def first_conditions(problem: Problem, count: int) -> list[Any]:
    """The first training and unseen conditions, one by one."""
    task = problem.task
    every = [
        jax.tree.map(lambda x, i=i: x[i], conditions)
        for conditions in (task.conditions, task.unseen)
        for i in range(num_conditions(conditions))
    ]
    return every[:count]


def _trajectory(problem: Problem, latent: Latent, stretch: Stretch) -> Trajectory:
    task, simulator = problem.task, problem.simulator
    wait = task.num_steps - stretch.horizon
    return rollout(
        Recorded(
            simulator=simulator,
            start=stretch.start,
            begins=stretch.horizon == task.num_steps,
            wait=wait,
            dt=simulator.dt,
        ),
        task.build(task.space.decode(latent), stretch.condition),
        num_steps=task.num_steps,
        adjoint=problem.adjoint,
        throw=False,
    )


def _value(
    latent: Latent, problem: Problem, center: Latent, stretch: Stretch
) -> tuple[Scalar, Code]:
    trajectory = _trajectory(problem, latent, stretch)
    seen = problem.task.space.decode(center)
    return problem.task.objective(trajectory, seen), trajectory.result


@eqx.filter_jit
def gradient(
    problem: Problem, latent: Latent, stretch: Stretch
) -> tuple[Scalar, Code, Float[Array, " latent"]]:
    """Value, `RESULTS` code and gradient of what goes through the simulator."""
    function = jax.value_and_grad(_value, has_aux=True)
    (value, code), grad = function(latent, problem, latent, stretch)
    return value, code, grad


@eqx.filter_jit
def values(
    problem: Problem, latent: Latent, offsets: Float[Array, "pop latent"], stretch: Stretch
) -> tuple[Float[Array, " pop"], Int[Array, " pop"]]:
    """Values and codes at `latent + offset`; the objective sees the design of `latent`."""
    return lax.map(lambda offset: _value(latent + offset, problem, latent, stretch), offsets)


@eqx.filter_jit
def initial_state(problem: Problem, latent: Latent, condition: Any) -> Any:
    """The state a rollout starts from."""
    task = problem.task
    return problem.simulator.init(task.build(task.space.decode(latent), condition))[1]


@eqx.filter_jit
def record(
    problem: Problem, latent: Latent, stretch: Stretch, gap: float
) -> tuple[Any, Bool[Array, " time"], Code]:
    """The state at the end of a stretch, and in which frames of the loop something touches the
    design.

    Never where the family knows of no contact; `gap` in metres is as near as touching.
    """
    trajectory = _trajectory(problem, latent, stretch)
    design = problem.task.space.decode(latent)
    touching = showing(problem.task).touching(design, trajectory.frames, gap)
    if touching is None:
        touching = jnp.zeros((problem.task.num_steps,), bool)
    return trajectory.final[0], touching, trajectory.result
