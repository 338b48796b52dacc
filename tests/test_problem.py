"""Evaluations of a task under a simulator: means over its conditions, by hand."""

import dataclasses

import equinox as eqx
import jax.numpy as jnp
import numpy as np
import pytest

from invdesign._problem import Problem
from invdesign._results import RESULTS, as_code
from invdesign._simulator import AbstractSimulator
from invdesign._task import Task
from invdesign.objectives import AbstractConstraint, AbstractObjective, AbstractScore
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


class Bound(AbstractConstraint):
    """The first parameter's distance below a bound, and whether the other one is at its own."""

    equality: bool
    simulated: bool = False
    name: str = "bound"
    tolerance: float = 0.01

    def __call__(self, trajectories, design):
        return design.parameters[1 if self.equality else 0][None] - 0.25


def test_what_a_design_misses_is_counted_in_tolerances_without_a_simulation():
    """Of constraints that look at the design alone: a repair knows of no trajectories."""
    bounds = (Bound(True), Bound(False, simulated=True), Bound(False))
    problem = Problem(dataclasses.replace(TASK, constraints=bounds), Push())
    latent = TASK.space.encode([0.2, 0.15])
    missed = np.asarray(problem.missed(latent))
    np.testing.assert_allclose(missed, [10.0, 5.0], rtol=1e-3)
    np.testing.assert_allclose(problem.missed(TASK.space.encode([0.3, 0.25])), [0, 0], atol=1e-3)
    worst = problem.constraints.worst(problem.evaluate(latent, order=0).constraints)
    assert missed.max() == pytest.approx(float(worst), rel=1e-4)
    assert Problem(TASK, Push()).missed(latent).shape == (0,)
