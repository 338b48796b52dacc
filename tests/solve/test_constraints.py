"""The driver where designs have to meet constraints."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from invdesign import ConstraintEntries, solve
from invdesign._evaluation import Evaluation
from invdesign.optimizers import CMAES, SLSQP, Adam, AugmentedLagrangian, MultiStart, Penalized
from invdesign.spaces import Box

KEY = jax.random.key(3)


class Bowl(eqx.Module):
    space: Box


class Fenced(eqx.Module):
    """Least distance to (0.5, 0.5) on the line x + y = 0.2, with x <= 0: the answer is (0, 0.2)."""

    task: Bowl
    steps_per_evaluation: int = eqx.field(static=True, default=1)
    gradient_cost: float = eqx.field(static=True, default=2.0)

    @property
    def constraints(self):
        return ConstraintEntries(("line", "fence"), (True, False), (1e-3, 1e-3))

    def entries(self, latent):
        x, y = jnp.tanh(latent)
        return jnp.stack([x + y - 0.2, -x])

    def value(self, latent):
        return jnp.sum((jnp.tanh(latent) - 0.5) ** 2)

    def evaluate(self, latent, *, order):
        value, entries, ok = self.value(latent), self.entries(latent), jnp.asarray(0, jnp.int32)
        grad = jacobian = None
        if order == 1:
            grad, jacobian = jax.grad(self.value)(latent), jax.jacfwd(self.entries)(latent)
        return Evaluation(value, grad, -value, entries, jacobian, ok)

    def grow(self, factor):
        return self


@pytest.fixture
def problem():
    return Fenced(Bowl(Box(-jnp.ones(2), jnp.ones(2))))


def methods(equality):
    return {
        "slsqp": SLSQP(equality),
        "multipliers": AugmentedLagrangian(Adam(0.05), equality),
        "penalty": Penalized(CMAES(12), equality),
        "starts": MultiStart(SLSQP(equality), 2, std=0.1),
    }


@pytest.mark.parametrize("name", ["slsqp", "multipliers", "penalty", "starts"])
def test_constraints_are_met(problem, name):
    optimizer = methods(problem.constraints.equality)[name]
    solution = solve(problem, optimizer, key=KEY, max_steps=150)
    assert solution.violations == {}
    np.testing.assert_allclose(np.tanh(solution.latent), [0.0, 0.2], atol=0.02)
    assert solution.history["violation"][-1] <= 1


def test_the_champion_is_the_best_of_those_that_meet_the_constraints(problem):
    """Violations may only fall until one is met; from then on the value may only fall."""
    solution = solve(
        problem, methods(problem.constraints.equality)["penalty"], key=KEY, max_steps=60
    )
    violation, value = solution.history["violation"], solution.history["best_value"]
    met = violation <= 1
    first = int(np.argmax(met))
    assert first > 0 and met[first:].all()
    assert (np.diff(violation[: first + 1]) <= 0).all()
    assert (np.diff(value[first:]) <= 0).all()
    # The least value of all, (0.5, 0.5), is outside, and was closer at the start.
    assert value[0] < value[first]


def test_what_is_missed_is_named(problem):
    optimizer = AugmentedLagrangian(Adam(1e-4), problem.constraints.equality)
    solution = solve(problem, optimizer, key=KEY, max_steps=2, initial=np.array([0.3, 0.3], "f4"))
    x = np.tanh(solution.latent)
    assert solution.violations == {
        "line": pytest.approx(x.sum() - 0.2, abs=1e-5),
        "fence": pytest.approx(x[0], abs=1e-5),
    }
    assert solution.history["violation"][-1] == pytest.approx(1e3 * (x.sum() - 0.2), rel=1e-3)


@pytest.mark.parametrize("name", ["slsqp", "multipliers"])
def test_an_interrupted_run_ends_alike(problem, name, tmp_path):
    optimizer = methods(problem.constraints.equality)[name]
    whole = solve(problem, optimizer, key=KEY, max_steps=12)
    solve(problem, optimizer, key=KEY, max_steps=5, checkpoint=tmp_path)
    resumed = solve(problem, optimizer, key=KEY, max_steps=12, checkpoint=tmp_path)
    np.testing.assert_array_equal(whole.latent, resumed.latent)
    assert whole.violations == resumed.violations
    for column in ("value", "best_value", "violation"):
        np.testing.assert_array_equal(whole.history[column], resumed.history[column])


@pytest.mark.parametrize(
    "optimizer",
    [Adam(0.1), SLSQP((True,)), MultiStart(Adam(0.1), 2)],
    ids=["adam", "few", "starts"],
)
def test_an_optimizer_that_does_not_know_them_is_refused(problem, optimizer):
    with pytest.raises(ValueError, match=r"2 entries of constraints \(`line`, `fence`\)"):
        solve(problem, optimizer, key=KEY, max_steps=1)
