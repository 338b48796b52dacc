"""Populations of which only the promising part is simulated on all conditions."""

import dataclasses

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from invdesign import Problem, Task, solve
from invdesign._results import RESULTS, as_code
from invdesign._simulator import AbstractSimulator
from invdesign.objectives import AbstractConstraint, AbstractObjective, AbstractScore
from invdesign.optimizers import CEM, CMAES, AbstractOptimizer, FeasibleFirst, Raced
from invdesign.spaces import Box

KEY = jax.random.key(1)


class Still(AbstractSimulator):
    dt: float = 0.1

    def init(self, scene):
        return None, scene

    def step(self, context, state):
        return state, as_code(RESULTS.successful)

    def observe(self, context, state):
        return state

    def grow(self, factor):
        raise ValueError("`Still` has no capacity.")


class Beside(eqx.Module):
    def __call__(self, design, condition):
        return design.parameters - condition


class Square(AbstractObjective):
    def __call__(self, trajectory, design):
        return jnp.sum(trajectory.frames[-1] ** 2)


class Negative(AbstractScore):
    def __call__(self, trajectory, design):
        return -jnp.sum(trajectory.frames[-1] ** 2)


CONDITIONS = jnp.asarray([[0.0, 1.0], [2.0, -1.0], [1.0, 0.6]])  # their mean is the best design
TASK = Task(
    name="still",
    space=Box(-4 * jnp.ones(2), 4 * jnp.ones(2)),
    build=Beside(),
    conditions=CONDITIONS,
    unseen=CONDITIONS,
    objective=Square(),
    score=Negative(),
    num_steps=5,
)
PROBLEM = Problem(TASK, Still())


class Seen(eqx.Module):
    value: jax.Array
    count: jax.Array


class Spy(AbstractOptimizer):
    """Asks for the same candidates and keeps what it was told in each of three iterations."""

    drawn: jax.Array
    order: int = 0

    def init(self, latent, *, key):
        return Seen(jnp.zeros((3, len(self.drawn))), jnp.zeros((), jnp.int32))

    def ask(self, state, *, key):
        return self.drawn

    def tell(self, state, candidates, evaluation):
        return Seen(state.value.at[state.count].set(evaluation.value), state.count + 1)

    def done(self, state):
        return False


def values(latents):
    """By condition, on paper, `(pop, condition)`."""
    designs = np.asarray(jax.vmap(TASK.space.decode)(latents).parameters)
    return ((designs[:, None] - np.asarray(CONDITIONS)[None]) ** 2).sum(axis=2)


def test_every_condition_has_its_turn_and_the_promising_see_all():
    drawn = jax.random.normal(KEY, (6, 2))
    solution = solve(PROBLEM, Raced(Spy(drawn), promising=2), key=KEY, max_steps=3)
    each = values(drawn)
    for turn, told in enumerate(np.asarray(solution.optimizer_state.value)):
        expected = each[:, turn].copy()
        chosen = np.argsort(expected)[:2]
        means = each[chosen].mean(axis=1)
        expected += means.max() - expected[chosen].max()
        expected[chosen] = means
        assert set(np.argsort(told)[:2]) == set(chosen)
        np.testing.assert_allclose(told, expected, rtol=1e-4)
    assert solution.simulator_steps == 3 * 5 * (6 + 2 * 2) == solution.charged_steps


@pytest.mark.parametrize("inner", [CMAES(8), CEM(24, 6)], ids=["cmaes", "cem"])
def test_it_ends_where_the_mean_over_all_conditions_is_least(inner):
    solution = solve(PROBLEM, Raced(inner, promising=4), key=KEY, max_steps=40)
    np.testing.assert_allclose(solution.design.parameters, [1.0, 0.2], atol=0.15)
    best = solution.history["best_value"]
    mean = float(PROBLEM.evaluate(jnp.asarray(solution.latent), order=0).value)
    assert best[-1] == pytest.approx(mean, rel=1e-5)
    assert (np.diff(best) <= 0).all()


def test_an_interrupted_race_ends_alike(tmp_path):
    optimizer = Raced(CMAES(6), promising=2)
    whole = solve(PROBLEM, optimizer, key=KEY, max_steps=8)
    solve(PROBLEM, optimizer, key=KEY, max_steps=4, checkpoint=tmp_path)
    resumed = solve(PROBLEM, optimizer, key=KEY, max_steps=8, checkpoint=tmp_path)
    np.testing.assert_array_equal(whole.champions, resumed.champions)
    for column in ("value", "charged_steps"):
        np.testing.assert_array_equal(whole.history[column], resumed.history[column])


@pytest.mark.parametrize("case", ["one condition", "all promising"])
def test_where_nothing_can_be_spared_nothing_changes(case):
    alone = dataclasses.replace(TASK, conditions=CONDITIONS[:1])
    problem = Problem(alone if case == "one condition" else TASK, Still())
    raced = Raced(CMAES(6), promising=2 if case == "one condition" else 6)
    plain, other = (solve(problem, o, key=KEY, max_steps=5) for o in (CMAES(6), raced))
    np.testing.assert_array_equal(plain.champions, other.champions)
    assert plain.charged_steps == other.charged_steps


def test_the_budget_is_that_of_what_is_simulated():
    solution = solve(PROBLEM, Raced(CMAES(6), promising=2), key=KEY, budget=5 * 10 * 4 + 3)
    assert len(solution.history) == 4 and solution.charged_steps == 5 * 10 * 4


class Ending(AbstractConstraint):
    name: str = "ending"
    equality: bool = False
    tolerance: float = 0.1
    simulated: bool = True

    def __call__(self, trajectories, design):
        return trajectories.frames[:, -1, 0]


def test_constraints_on_all_conditions_are_refused():
    problem = Problem(dataclasses.replace(TASK, constraints=(Ending(),)), Still())
    with pytest.raises(ValueError, match="as `ending` does; leave `Raced` out"):
        optimizer = FeasibleFirst(CMAES(6), (False,) * 3, (0.1,) * 3)
        solve(problem, Raced(optimizer), key=KEY, max_steps=1)


def test_a_race_without_a_promising_candidate_is_refused():
    with pytest.raises(ValueError, match="promising >= 1, got 0"):
        Raced(CMAES(), promising=0)
