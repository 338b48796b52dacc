"""A task on a bowl that costs nothing, for studies of whole runs."""

import equinox as eqx
import jax.numpy as jnp

from invdesign._problem import Problem
from invdesign._results import RESULTS, as_code
from invdesign._simulator import AbstractSimulator
from invdesign._task import Task
from invdesign.objectives import AbstractObjective, AbstractScore
from invdesign.spaces import Box


class Still(AbstractSimulator):
    """A world in which nothing moves but for an `offset` a step."""

    offset: float = 0.0
    dt: float = 0.1

    def init(self, scene):
        return None, scene

    def step(self, context, state):
        return state + self.offset, as_code(RESULTS.successful)

    def observe(self, context, state):
        return state

    def grow(self, factor):
        raise ValueError("`Still` has no capacity.")


class Place(eqx.Module):
    def __call__(self, design, condition):
        return design.parameters - condition


class Bowl(AbstractObjective):
    def __call__(self, trajectory, design):
        return jnp.sum(trajectory.frames[-1] ** 2)


class Closeness(AbstractScore):
    def __call__(self, trajectory, design):
        return 1 / (1 + jnp.sum(trajectory.frames[-1] ** 2))


TASK = Task(
    name="bowl",
    space=Box(-3 * jnp.ones(2), 3 * jnp.ones(2), initial_parameters=-1.5 * jnp.ones(2)),
    build=Place(),
    conditions=jnp.ones((1, 2)),
    unseen=jnp.ones((2, 2)),
    objective=Bowl(),
    score=Closeness(),
    num_steps=2,
)
PROBLEM = Problem(TASK, Still(), gradient_cost=4.0)
