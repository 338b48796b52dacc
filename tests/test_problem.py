"""Evaluations of a task under a simulator: means over its conditions, by hand."""

import equinox as eqx
import jax.numpy as jnp
import numpy as np

from invdesign._problem import Problem
from invdesign._results import RESULTS, as_code
from invdesign._simulator import AbstractSimulator
from invdesign._task import Task
from invdesign.objectives import AbstractObjective, AbstractScore
from invdesign.spaces import Box


class Push(AbstractSimulator):
    """Points that move by 1 a step."""

    dt: float = 0.1

    def init(self, scene):
        return None, scene

    def step(self, context, state):
        return state + 1.0, as_code(RESULTS.successful)

    def observe(self, context, state):
        return state

    def grow(self, factor):
        raise ValueError("`Push` has no capacity.")


class Beside(eqx.Module):
    def __call__(self, design, condition):
        return design.parameters - condition


class Square(AbstractObjective):
    def __call__(self, trajectory, design):
        return jnp.sum(trajectory.frames[-1] ** 2)


class Right(AbstractScore):
    def __call__(self, trajectory, design):
        return trajectory.frames[-1, 0]


CONDITIONS = jnp.asarray([[0.0, 1.0], [2.0, -1.0], [4.0, 3.0]])
TASK = Task(
    name="push",
    space=Box(jnp.asarray([-1.0, -3.0]), jnp.asarray([1.0, 5.0])),
    build=Beside(),
    conditions=CONDITIONS,
    unseen=CONDITIONS,
    objective=Square(),
    score=Right(),
    num_steps=2,
)


def test_values_scores_and_gradients_are_means_over_the_conditions():
    problem, latent = Problem(TASK, Push()), jnp.asarray([0.3, -0.2])
    ends = np.asarray(TASK.space.decode(latent).parameters)[None] - np.asarray(CONDITIONS) + 2
    slope = np.asarray([1.0, 4.0]) * (1 - np.tanh([0.3, -0.2]) ** 2)  # half ranges of the box
    for order in (0, 1):
        found = problem.evaluate(latent, order=order)
        np.testing.assert_allclose(found.value, (ends**2).sum(axis=1).mean(), rtol=1e-5)
        np.testing.assert_allclose(found.score, ends[:, 0].mean(), rtol=1e-5)
        assert int(found.result) == 0
    np.testing.assert_allclose(found.grad, 2 * ends.mean(axis=0) * slope, rtol=1e-5)
    assert problem.steps_per_evaluation == 3 * 2
