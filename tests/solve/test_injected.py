"""Searches that are told of one gradient a population, through the driver."""

import dataclasses

import equinox as eqx
import jax.numpy as jnp
import numpy as np
import pytest

from invdesign import Problem, solve
from invdesign.optimizers import CMAES, Adam, GuidedES, Injected, InModes, Raced, RandomDirection
from invdesign.spaces import Box

from .test_race import CONDITIONS, PROBLEM, TASK, Still
from .toy import KEY, Bowl, Toy, assert_same_history, toy

SIZE = 30
STEPS, COST = 20, 6.0
SAMPLER = CMAES(initial_std=0.25)
OPTIMIZERS = {
    "plain": SAMPLER,
    "gradient": Injected(SAMPLER, moved=3),
    "random": RandomDirection(Injected(SAMPLER, moved=3)),
    "es": GuidedES(Adam(0.05), std=0.1, share=1.0),
    "guided": GuidedES(Adam(0.05), std=0.1),
    "misguided": RandomDirection(GuidedES(Adam(0.05), std=0.1)),
}


class Valley(Toy):
    """A bowl with curvatures from 1 to 100."""

    def value(self, latent):
        return jnp.sum(jnp.logspace(0, 2, SIZE) * (latent - self.target) ** 2)


class Broken(Valley):
    """Its gradients are not numbers."""

    def evaluate(self, latent, *, order):
        found = super().evaluate(latent, order=order)
        if order == 1:
            found = eqx.tree_at(lambda e: e.grad, found, jnp.full_like(found.grad, jnp.nan))
        return found


def valley(kind=Valley):
    space = Box(-jnp.ones(SIZE), jnp.ones(SIZE))
    target = jnp.asarray([0.8, -0.8] * (SIZE // 2))
    return kind(Bowl(space), target, steps_per_evaluation=STEPS, gradient_cost=COST)


def reached(name, value):
    """Charged evaluations until the value was reached."""
    solution = solve(valley(), OPTIMIZERS[name], key=KEY, budget=2500.0 * STEPS)
    charged = solution.history["charged_steps"] / STEPS
    assert charged[-1] <= 2500
    return min(charged[solution.history["best_value"] <= value], default=np.inf)


def test_a_gradient_a_population_pays_and_a_random_direction_does_not():
    """To 3% of where they start, all that is spent on gradients included."""
    start = float(valley().value(jnp.zeros(SIZE)))
    costs = {name: reached(name, 0.03 * start) for name in OPTIMIZERS}
    assert costs["gradient"] < 0.5 * costs["plain"]
    assert costs["gradient"] < 0.35 * costs["random"]
    assert costs["guided"] < 0.7 * costs["es"]
    assert costs["guided"] < 0.6 * costs["misguided"]


def test_gradients_that_are_not_numbers_leave_the_plain_search():
    """They are charged all the same."""
    injected, plain = (
        solve(valley(Broken), OPTIMIZERS[name], key=KEY, max_steps=20)
        for name in ("gradient", "plain")
    )
    np.testing.assert_array_equal(injected.champions, plain.champions)
    assert injected.charged_steps == plain.charged_steps + 20 * STEPS * COST


def test_the_charge_is_a_population_and_a_gradient():
    problem = toy()
    solution = solve(problem, Injected(CMAES(7)), key=KEY, budget=5 * 20 * (7 + 3.5) + 1)
    assert len(solution.history) == 5
    assert solution.charged_steps == 5 * 20 * (7 + 3.5)
    assert solution.simulator_steps == 5 * 20 * 8
    assert solution.gradient_steps == 5 * 20


def test_in_a_race_the_gradient_is_of_one_condition_in_turn():
    """At the champion, which is best on all of them."""
    optimizer = Raced(Injected(CMAES(6)), promising=2)
    told = []
    for number in (1, 2, 3, 4):
        solution = solve(PROBLEM, optimizer, key=KEY, max_steps=number)
        slope = solution.optimizer_state.slope
        np.testing.assert_array_equal(slope.latent, solution.latent)
        told.append(slope)
    for turn, slope in enumerate(told):
        now = CONDITIONS[turn % 3][None]
        expected = PROBLEM.evaluate(slope.latent, order=1, conditions=now).grad
        np.testing.assert_allclose(slope.grad, expected, rtol=1e-5)
    norms = [float(jnp.linalg.norm(slope.grad)) for slope in told]
    np.testing.assert_allclose(solution.history["gradient_norm"], norms, rtol=1e-5)
    assert solution.gradient_steps == 4 * 5
    assert solution.simulator_steps == 4 * 5 * (6 + 2 * 2 + 1)


def test_without_a_race_it_is_of_all_conditions():
    solution = solve(PROBLEM, Injected(CMAES(6)), key=KEY, max_steps=2)
    expected = PROBLEM.evaluate(jnp.asarray(solution.latent), order=1).grad
    np.testing.assert_allclose(solution.optimizer_state.slope.grad, expected, rtol=1e-5)
    assert solution.gradient_steps == 2 * 15


@pytest.mark.parametrize("name", ["gradient", "random", "guided", "misguided"])
def test_an_interrupted_search_ends_alike(tmp_path, name):
    optimizer, problem = OPTIMIZERS[name], toy(reach=0.2)  # its capacity grows on the way
    whole = solve(problem, optimizer, key=KEY, max_steps=12)
    solve(problem, optimizer, key=KEY, max_steps=5, checkpoint=tmp_path)
    assert_same_history(
        whole, solve(problem, optimizer, key=KEY, max_steps=12, checkpoint=tmp_path)
    )


def test_where_there_are_no_gradients_it_is_refused():
    class Blind(Still):
        @property
        def without_gradient(self):
            return "`Blind` has none"

    for optimizer in (Injected(CMAES(6)), Raced(Injected(CMAES(6)))):
        with pytest.raises(ValueError, match="`Injected` needs gradients, and `Blind` has none"):
            solve(Problem(TASK, Blind()), optimizer, key=KEY, max_steps=1)


def test_out_of_reach_of_the_driver_it_is_the_plain_method():
    """A gradient by the parameters would say nothing to a search among shapes."""
    modes = jnp.eye(2)
    found = [
        solve(PROBLEM, InModes(inner, modes), key=KEY, max_steps=5)
        for inner in (CMAES(6), Injected(CMAES(6)))
    ]
    np.testing.assert_array_equal(*(solution.champions for solution in found))
    assert found[0].charged_steps == found[1].charged_steps


def test_a_control_is_wanted_of_gradients_alone():
    with pytest.raises(ValueError, match="uses none to replace"):
        RandomDirection(CMAES())
    assert dataclasses.replace(OPTIMIZERS["random"]).guided
