"""Designs that are made with errors: searched for, judged, and refused where that means nothing."""

import dataclasses

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from invdesign import Problem, Task, judge, judge_with_errors, solve, with_errors
from invdesign._inexact import exact, made_with_errors
from invdesign.objectives import AbstractConstraint, AbstractObjective, AbstractScore
from invdesign.optimizers import RandomSearch
from invdesign.reference import Simulated
from invdesign.spaces import Ball, Box, Deflectors, HeightField, JointChain, Product, Rotors

from .studies.bowl import TASK, Still

KEY = jax.random.key(3)
# (0.5 l + ...): bounds unlike each other, and designs that are not their parameters.
SPACES = [
    Box(jnp.array([-1.0, 2.0]), jnp.array([4.0, 2.5])),
    JointChain(5, length=1.0, anchor=(0.0, 0.0), max_bend=0.4, initial_parameters=0.1),
    Rotors(jnp.zeros((3, 2)), 0.1),
    HeightField(3),
    Deflectors(
        jnp.zeros((1, 2)), 0.1, jnp.array([-1.0, -0.2]), jnp.array([0.5, 0.2]), 0.01, jnp.zeros(2)
    ),
    Product((Box(jnp.zeros(2), jnp.ones(2)), HeightField(2))),
]


class Parameters(eqx.Module):
    def __call__(self, design, condition):
        return design.parameters + 0.0 * condition


class Total(AbstractObjective):
    def __call__(self, trajectory, design):
        return jnp.sum(trajectory.frames[-1])


def on(space):
    """A task whose scene is the parameters of a space's design."""
    return dataclasses.replace(
        TASK, space=space, build=Parameters(), objective=Total(),
        conditions=jnp.zeros((3, 1)), unseen=jnp.zeros((2, 1)),
    )  # fmt: skip


@pytest.mark.parametrize("space", SPACES, ids=lambda space: type(space).__name__)
def test_scenes_are_of_the_parameters_that_are_off_and_within_the_bounds(space):
    task = with_errors(on(space), 0.05, draws=4, key=KEY)
    latent = 0.5 * jax.random.normal(jax.random.key(1), (space.size,))
    design = space.decode(latent)
    scenes = jax.vmap(lambda c: task.build(design, c))(task.conditions)
    ends = (space.decode(jnp.full(space.size, z)).parameters for z in (-20.0, 20.0))
    lower, upper = (np.asarray(end) for end in ends)
    error = np.asarray(task.conditions.error)
    wanted = np.clip(np.asarray(design.parameters) + error, lower, upper)
    np.testing.assert_allclose(scenes, wanted, atol=3e-6 * (upper - lower).max())
    assert len(scenes) == 12 and 0.02 < error.std() < 0.09


def test_a_value_is_the_mean_over_the_errors_and_has_its_gradient():
    problem = Problem(with_errors(TASK, 0.3, draws=400, key=KEY), Still())
    latent = jnp.array([0.1, -0.2])
    found = problem.evaluate(latent, order=1)
    error = np.asarray(problem.task.conditions.error)
    at = 3 * np.tanh(latent) + error  # the bowl's bounds are +-3
    assert float(found.value) == pytest.approx(((at - 1) ** 2).sum(axis=1).mean(), rel=1e-5)
    # The bowl's own value and what errors add to it: their variance, once a number.
    exact_value = float(jnp.sum((3 * jnp.tanh(latent) - 1) ** 2))
    assert float(found.value) == pytest.approx(exact_value + 2 * 0.09, rel=0.05)
    slope = 2 * (at - 1).mean(axis=0) * 3 / jnp.cosh(latent) ** 2
    np.testing.assert_allclose(found.grad, slope, rtol=1e-4)


class Peaks(AbstractObjective):
    """A narrow valley at -1 and one at 1.5 that is wide and a little less deep."""

    def __call__(self, trajectory, design):
        x = trajectory.frames[-1][0]
        return -jnp.exp(-(((x + 1) / 0.1) ** 2)) - 0.8 * jnp.exp(-(((x - 1.5) / 1.0) ** 2))


class Depth(AbstractScore):
    def __call__(self, trajectory, design):
        return -Peaks()(trajectory, design)


def test_a_search_with_errors_leaves_the_narrow_optimum_that_a_usual_one_ends_in():
    box = Box(-3 * jnp.ones(1), 3 * jnp.ones(1), initial_parameters=-1 * jnp.ones(1))
    task = dataclasses.replace(on(box), objective=Peaks(), score=Depth())
    inexact = with_errors(task, 0.4, draws=8, key=KEY)

    def found(wanted: Task):
        optimizer = RandomSearch(64, std=1.0)  # which comes everywhere
        solution = solve(Problem(wanted, Still()), optimizer, key=KEY, max_steps=10)
        return solution, float(solution.design.parameters[0])

    (usual, narrow), (steady, wide) = found(task), found(inexact)
    assert narrow == pytest.approx(-1, abs=0.05) and wide == pytest.approx(1.5, abs=0.5)
    reference = Simulated(Still())
    judged = [
        judge_with_errors(each.latent, task, reference, std=0.4, draws=50, key=jax.random.key(9))
        for each in (usual, steady)
    ]
    assert judge(usual.latent, task, reference).score > judge(steady.latent, task, reference).score
    assert judged[0].score < 0.4 < 0.6 < judged[1].score


def test_a_judgement_with_errors_has_the_designs_of_a_condition_in_a_row():
    task = dataclasses.replace(TASK, unseen=jnp.array([[0.0, 0.0], [1.0, 2.0]]))
    off = judge_with_errors(
        jnp.zeros(2), task, Simulated(Still()), std=0.1, draws=3, key=jax.random.key(5)
    )
    _, inexact = made_with_errors(task, task.unseen, 0.1, 3, jax.random.key(5))
    errors = np.asarray(inexact.error).reshape(2, 3, 2)
    np.testing.assert_array_equal(errors[0], errors[1])  # the same three designs on both
    wanted = 1 / (1 + ((errors - np.asarray(task.unseen)[:, None]) ** 2).sum(axis=2))
    np.testing.assert_allclose(off.scores, wanted.ravel(), rtol=1e-5)


def test_errors_of_a_search_come_in_opposite_pairs():
    error = np.asarray(with_errors(on(SPACES[0]), 0.1, draws=3, key=KEY).conditions.error)
    error = error.reshape(3, 3, 2)  # of three conditions
    np.testing.assert_array_equal(error[:, 0], -error[:, 1])
    assert len(np.unique(np.abs(error[:, ::2]))) == 12


def test_the_exact_task_comes_back():
    again = exact(with_errors(TASK, 0.1, draws=3, key=KEY))
    assert eqx.tree_equal(again, TASK) and exact(TASK) is TASK


class Looks(AbstractConstraint):
    name = "looks"
    equality = False
    tolerance = 1e-3
    simulated = True

    def __call__(self, trajectories, design):
        return jnp.ones(1)


@pytest.mark.parametrize(
    ("change", "options", "said"),
    [
        ({}, {"std": 0.0}, "std > 0"),
        ({}, {"std": float("nan")}, "std > 0"),
        ({}, {"draws": 0}, "draws >= 1"),
        ({"space": Ball(2, 1.0)}, {}, "parameters of `Ball` are not bounded one by one"),
        ({"constraints": (Looks(),)}, {}, "constraint `looks` looks at the simulation"),
    ],
)
def test_what_means_nothing_is_refused(change, options, said):
    task = dataclasses.replace(TASK, **change)
    options = {"std": 0.1, "key": KEY, **options}
    with pytest.raises(ValueError, match=said):
        with_errors(task, **options)
    if not change.get("constraints"):
        with pytest.raises(ValueError, match=said):
            judge_with_errors(jnp.zeros(2), task, Simulated(Still()), **options)
