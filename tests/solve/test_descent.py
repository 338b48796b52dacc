"""The driver on problems whose answer and cost are known."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from invdesign._solve import History, Solution, solve
from invdesign.optimizers import BFGS, CEM, CMAES, Adam, MultiStart, RandomSearch, Then

from .toy import KEY, TRACES, toy


def test_descends_to_the_minimum_and_decodes_it():
    problem = toy()
    solution = solve(problem, Adam(0.1), key=KEY, max_steps=120)
    assert isinstance(solution, Solution)
    np.testing.assert_allclose(solution.latent, problem.target, atol=0.02)
    np.testing.assert_allclose(solution.design.parameters, np.tanh(solution.latent), rtol=1e-5)
    assert solution.value == -solution.score == solution.history["value"].min()
    assert solution.reason == "all 120 iterations were made"


def test_history_is_what_happened():
    solution = solve(toy(), CEM(population=6, num_elites=2), key=KEY, max_steps=7)
    history = solution.history
    assert len(history) == 7
    np.testing.assert_array_equal(history["iteration"], np.arange(7))
    np.testing.assert_array_equal(history["best_value"], np.minimum.accumulate(history["value"]))
    np.testing.assert_array_equal(history["score"], -history["best_value"])
    assert np.isnan(history["gradient_norm"]).all()
    assert (np.diff(history["seconds"]) > 0).all()
    assert solution.seconds == history["seconds"][-1]
    assert History.from_rows(history.rows())["value"].tolist() == history["value"].tolist()
    assert all(type(row["iteration"]) is int for row in history.rows())


def test_iterations_use_the_key_folded_with_their_number():
    asked = []
    optimizer = RandomSearch(population=1)
    solve(toy(), optimizer, key=KEY, max_steps=3, callback=lambda r: asked.append(r["value"]))
    for i, value in enumerate(asked):
        latents = optimizer.ask(jnp.zeros(3), key=jax.random.fold_in(KEY, i))
        assert value == pytest.approx(float(toy().value(latents[0])), rel=1e-5)


def test_gradient_norm_is_that_of_the_evaluated_latent():
    solution = solve(toy(), Adam(0.1), key=KEY, max_steps=1)
    norm = 2 * np.linalg.norm(np.asarray(toy().target))
    assert solution.history["gradient_norm"][0] == pytest.approx(norm, rel=1e-5)


def test_one_compilation_for_a_whole_run_and_the_next():
    problem = toy(target=(0.2, 0.2, 0.2), steps_per_evaluation=21)
    for optimizer, order in ((CEM(population=5, num_elites=2), 0), (Adam(0.02), 1)):
        TRACES.clear()
        solve(problem, optimizer, key=KEY, max_steps=8)
        assert len(TRACES) == 1 and TRACES[0] == order
        solve(problem, optimizer, key=jax.random.key(1), max_steps=8)
        assert len(TRACES) == 1 and TRACES[0] == order


@pytest.mark.parametrize("chunk", [1, 2, 5, 100])
def test_chunks_change_nothing_but_rounding(chunk):
    optimizer = CEM(population=5, num_elites=2)
    solution = solve(toy(), optimizer, key=KEY, max_steps=4, chunk=chunk)
    reference = solve(toy(), optimizer, key=KEY, max_steps=4)
    np.testing.assert_allclose(solution.history["value"], reference.history["value"], rtol=1e-5)


def test_values_are_charged_by_their_simulator_steps():
    solution = solve(toy(), CEM(population=5, num_elites=2), key=KEY, budget=350)
    assert len(solution.history) == 3
    np.testing.assert_array_equal(solution.history["simulator_steps"], [100, 200, 300])
    assert (solution.gradient_steps, solution.charged_steps) == (0, 300)
    assert solution.reason == "the budget of 350 simulator steps is spent"


def test_gradients_are_charged_at_their_cost():
    solution = solve(toy(), Adam(0.1), key=KEY, budget=350)
    assert len(solution.history) == 5
    assert (solution.simulator_steps, solution.gradient_steps) == (100, 100)
    np.testing.assert_array_equal(solution.history["charged_steps"], 70.0 * np.arange(1, 6))
    starts = solve(toy(), MultiStart(Adam(0.1), num_starts=2), key=KEY, budget=350)
    assert len(starts.history) == 2
    assert starts.charged_steps == 280


def test_then_charges_each_phase_at_its_own_price():
    optimizer = Then(CEM(population=5, num_elites=2), Adam(0.05), steps=3)
    solution = solve(toy(), optimizer, key=KEY, budget=300 + 70 * 4 + 69)
    charged = np.diff(solution.history["charged_steps"], prepend=0)
    np.testing.assert_array_equal(charged, [100] * 3 + [70] * 4)
    assert (solution.simulator_steps, solution.gradient_steps) == (380, 80)


def test_then_hands_the_champion_over():
    sampling = CEM(population=5, num_elites=2)
    alone = solve(toy(), sampling, key=KEY, max_steps=4)
    both = solve(toy(), Then(sampling, Adam(0.01), steps=4), key=KEY, max_steps=5)
    np.testing.assert_array_equal(both.history["value"][:4], alone.history["value"])
    assert both.history["value"][4] == pytest.approx(alone.value, rel=1e-5)
    three = Then(sampling, Then(CMAES(), BFGS(), steps=3), steps=4)
    last = solve(toy(), three, key=KEY, max_steps=60)
    assert last.value < 1e-8
    assert last.reason == "BFGS converged"


def test_the_callback_sees_the_row_and_the_champion():
    records = []
    solution = solve(toy(), Adam(0.1), key=KEY, max_steps=5, callback=records.append)
    assert [r["iteration"] for r in records] == list(range(5))
    assert {k: v for k, v in records[-1].items() if k != "latent"} == solution.history.rows()[-1]
    np.testing.assert_array_equal(records[-1]["latent"], solution.latent)
