"""What the driver does about candidates that fail, and about capacity that runs out."""

import math

import equinox as eqx
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from invdesign._results import RESULTS
from invdesign._solve import solve
from invdesign.optimizers import CEM, CMAES, Adam, Optax

from .toy import KEY, Toy, assert_same_history, toy


def test_a_failed_candidate_does_not_end_a_population():
    solution = solve(toy(wall=0.3), CEM(population=20, num_elites=4), key=KEY, max_steps=30)
    failed = solution.history["num_failed"]
    assert failed[0] > 0
    assert solution.history["result"][0] == RESULTS.nonfinite_state
    assert (solution.history["result"][failed == 0] == 0).all()
    # The minimum at 0.5 is behind the wall: the best that works is at it.
    np.testing.assert_allclose(solution.latent, [0.3, -0.25, 0.1], atol=0.02)


def test_a_gradient_step_into_a_wall_goes_back_and_halves():
    solution = solve(toy(wall=0.3), Optax(optax.sgd(0.45)), key=KEY, max_steps=40)
    failed = solution.history["num_failed"].astype(bool)
    assert failed.any()
    assert np.isinf(solution.history["value"][failed]).all()
    assert 0.2 < solution.latent[0] <= 0.3
    assert np.isfinite(solution.history["best_value"]).all()


def test_a_few_failures_in_a_row_end_the_run_with_the_champion():
    problem = toy(target=(9.0, 0.0, 0.0), wall=0.01)
    solution = solve(problem, Adam(0.9), key=KEY, max_steps=40, max_failures=3)
    assert solution.history["num_failed"].tolist() == [0, 1, 1, 1]
    assert "failed in 3 iterations in a row" in solution.reason
    assert RESULTS.nonfinite_state.message in solution.reason
    np.testing.assert_array_equal(solution.latent, 0)


def test_a_start_that_fails_is_named():
    solution = solve(toy(wall=-1.0), Adam(0.1), key=KEY, max_steps=9)
    assert len(solution.history) == 1
    assert solution.reason == f"the start failed: {RESULTS.nonfinite_state.message}"
    assert solution.value == math.inf
    np.testing.assert_array_equal(solution.latent, 0)


def test_a_gradient_of_zero_at_the_start_is_named():
    solution = solve(toy(flat=True), Adam(0.1), key=KEY, max_steps=9)
    assert len(solution.history) == 1
    assert solution.reason.startswith("the gradient is zero at the start: the design has no effect")
    sampled = solve(toy(flat=True), CEM(population=4, num_elites=2), key=KEY, max_steps=3)
    assert sampled.reason == "all 3 iterations were made"


def test_a_faint_gradient_at_the_start_is_noted():
    problem = toy(target=(2e-8, 0.0, 0.0), offset=1.0)
    solution = solve(problem, Adam(0.1), key=KEY, max_steps=2)
    assert solution.reason == "all 2 iterations were made"
    assert "the first gradient was close to zero (norm 4.0e-08)" in solution.notes[0]
    assert not solve(toy(), Adam(0.1), key=KEY, max_steps=2).notes


def test_not_a_number_in_the_gradient_is_a_failure():
    class Broken(eqx.Module):
        inner: Toy
        steps_per_evaluation: int = 1
        gradient_cost: float = 1.0

        @property
        def task(self):
            return self.inner.task

        def grow(self, factor):
            return self

        def evaluate(self, latent, *, order):
            evaluation = self.inner.evaluate(latent, order=order)
            return eqx.tree_at(lambda e: e.grad, evaluation, evaluation.grad * jnp.nan)

    solution = solve(Broken(toy()), Adam(0.1), key=KEY, max_steps=3)
    assert solution.reason == f"the start failed: {RESULTS.nonfinite_gradient.message}"


@pytest.mark.parametrize(
    "optimizer", [Adam(0.1), CEM(population=6, num_elites=2), CMAES()], ids=str
)
def test_capacity_grows_and_the_iteration_is_repeated(optimizer):
    start = jnp.full((3,), 0.21)  # at a distance of 0.36 from the origin
    # Overflows in the first iteration until it has grown twice, and later again.
    reference = solve(toy(reach=10.0), optimizer, key=KEY, max_steps=12, initial=start)
    solution = solve(toy(reach=0.1), optimizer, key=KEY, max_steps=12, initial=start)
    assert solution.num_growths >= 2
    assert solution.problem.capacity == 2**solution.num_growths
    assert f"doubled {solution.num_growths} times" in solution.notes[-1]
    assert_same_history(reference, solution)
    assert reference.num_growths == 0


def test_capacity_that_runs_out_in_mid_run():
    problem, target = toy(reach=0.3), float(jnp.linalg.norm(toy().target))
    solution = solve(problem, Adam(0.1), key=KEY, max_steps=12)
    assert target > 0.3  # and the start at 0 is within reach
    assert solution.num_growths >= 1
    assert not solution.history["num_failed"].any()
    assert_same_history(solve(toy(), Adam(0.1), key=KEY, max_steps=12), solution)
    # Nothing is charged for the aborted attempt.
    assert solution.simulator_steps == 12 * 20


def test_capacity_that_cannot_grow_any_more(tmp_path):
    problem = toy(reach=0.1, largest=2)
    with pytest.raises(ValueError, match="The toy holds 2 at most"):
        solve(problem, Adam(0.05), key=KEY, max_steps=50, checkpoint=tmp_path)
    # What was found until then is on disk.
    assert (tmp_path / "solve.npz").exists()
