"""The driver on problems whose answer, cost and failures are known."""

import dataclasses
import inspect
import math
import os
import random
import subprocess
import sys
import time
from pathlib import Path

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from invdesign._evaluation import Evaluation
from invdesign._results import RESULTS
from invdesign._solve import (
    History,
    PlateauStop,
    Solution,
    TargetStop,
    load_history,
    solve,
)
from invdesign.io._history import write_history
from invdesign.optimizers import BFGS, CEM, CMAES, Adam, MultiStart, Optax, RandomSearch, Then
from invdesign.spaces import Box

KEY = jax.random.key(11)
CLOCK = "seconds"
TRACES = []


class Bowl(eqx.Module):
    """The part of a task the driver uses."""

    space: Box


class Toy(eqx.Module):
    """A quadratic bowl with the failures of a simulator.

    - Latents with any entry above `wall` fail.
    - Latents further than `reach` times the capacity from the origin need more capacity.
    """

    task: Bowl
    target: jax.Array
    wall: float = math.inf
    reach: float = math.inf
    capacity: int = eqx.field(static=True, default=1)
    largest: int = eqx.field(static=True, default=64)
    flat: bool = eqx.field(static=True, default=False)
    offset: float = eqx.field(static=True, default=0.0)
    steps_per_evaluation: int = eqx.field(static=True, default=20)
    gradient_cost: float = eqx.field(static=True, default=3.5)

    def value(self, latent):
        value = ((latent - self.target) ** 2).sum() + self.offset
        return 0.0 * value + 1.0 if self.flat else value

    def evaluate(self, latent, *, order):
        TRACES.append(order)
        value, grad = self.value(latent), None
        if order == 1:
            value, grad = jax.value_and_grad(self.value)(latent)
        distance = jnp.linalg.norm(latent)
        result = jnp.where(latent.max() > self.wall, int(RESULTS.nonfinite_state), 0)
        overflow = distance > self.reach * self.capacity
        result = jnp.where(overflow, int(RESULTS.capacity_exceeded), result).astype(jnp.int32)
        # What the driver must not let through: garbage of a failed simulation.
        value = jnp.where(result != 0, jnp.nan, value)
        return Evaluation(value, grad, -value, jnp.zeros((0,)), None, result)

    def grow(self, factor):
        if self.capacity * factor > self.largest:
            raise ValueError(f"The toy holds {self.largest} at most.")
        return dataclasses.replace(self, capacity=self.capacity * factor)


def toy(target=(0.5, -0.25, 0.1), **options):
    space = Box(-jnp.ones(3), jnp.ones(3))
    return Toy(Bowl(space), jnp.asarray(target), **options)


def columns(solution):
    """The history without the clock."""
    return {n: c for n, c in solution.history.columns.items() if n != CLOCK}


def assert_same_history(first, second):
    for name, column in columns(first).items():
        np.testing.assert_array_equal(column, columns(second)[name], err_msg=name)
    np.testing.assert_array_equal(first.latent, second.latent)


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


# Budget: 20 simulator steps an evaluation, a gradient charged 3.5 times.


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


# Failures.


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

        def evaluate(self, latent, *, order):
            evaluation = self.inner.evaluate(latent, order=order)
            return eqx.tree_at(lambda e: e.grad, evaluation, evaluation.grad * jnp.nan)

    solution = solve(Broken(toy()), Adam(0.1), key=KEY, max_steps=3)
    assert solution.reason == f"the start failed: {RESULTS.nonfinite_gradient.message}"


# Capacity.


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


# Stop rules.


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        (TargetStop(0.01), "target: the value 0.00"),
        (PlateauStop(patience=10, share=0.05), "plateau: the value improved by"),
    ],
    ids=lambda x: type(x).__name__ if isinstance(x, eqx.Module) else "",
)
def test_rules_stop_with_a_reason(rule, words):
    solution = solve(toy(), Adam(0.1), key=KEY, max_steps=200, stop=[rule])
    assert 3 < len(solution.history) < 200
    assert solution.reason.startswith(words)
    rows = solution.history.rows()
    assert rule(rows) and not rule(rows[:-1])


def test_a_rule_that_stops_one_optimizer_hands_over_to_the_next():
    chain = Then(Adam(1e-9), Adam(0.1), steps=50)
    rule = PlateauStop(patience=3, share=1e-3)
    solution = solve(toy(), chain, key=KEY, max_steps=60, stop=[rule])
    values = solution.history["value"]
    np.testing.assert_allclose(values[:4], values[0], rtol=1e-4)  # the first stood still
    assert values[4:].min() < 0.5 * values[0]  # the second was not held to account for it
    assert solution.reason.startswith("plateau") and len(solution.history) > 8


def test_rules_leave_a_young_or_failing_run_alone():
    row = {"best_value": math.inf, "violation": math.inf}
    assert PlateauStop(2, 0.1)([row] * 9) is None
    assert TargetStop(0.0)([row]) is None


def falling(*values, violation=0.0):
    return [{"best_value": value, "violation": violation} for value in values]


def test_a_plateau_has_no_units():
    rule = PlateauStop(patience=2, share=0.1)
    for unit in (1.0, 1e-6, 1e6):
        rows = falling(*(unit * x for x in (9.0, 4.0, 0.4, 0.3, 0.0)))
        assert rule(rows[:4]) is None  # from 4 to 0.3: much of 9
        assert rule(rows).startswith("plateau: the value improved by")  # 0.4 of 9


def test_a_plateau_waits_for_the_constraints():
    rule = PlateauStop(patience=2, share=0.1)
    missed = falling(*[1.0] * 9, violation=1.5)
    assert rule(missed) is None
    # The first that meets them may be worse than what missed them; patience begins with it.
    assert rule([*missed, *falling(3.0, 3.0)]) is None
    assert rule([*missed, *falling(3.0, 3.0, 3.0)]) is not None


def test_an_optimizer_that_is_done_ends_the_run():
    solution = solve(toy(), BFGS(), key=KEY, max_steps=200)
    assert solution.reason == "BFGS converged"
    assert len(solution.history) < 30


def test_the_callback_sees_the_row_and_the_champion():
    records = []
    solution = solve(toy(), Adam(0.1), key=KEY, max_steps=5, callback=records.append)
    assert [r["iteration"] for r in records] == list(range(5))
    assert {k: v for k, v in records[-1].items() if k != "latent"} == solution.history.rows()[-1]
    np.testing.assert_array_equal(records[-1]["latent"], solution.latent)


# Interruption and resuming.

CHAIN = Then(CMAES(population=5), Adam(0.05), steps=6)


def test_ctrl_c_leaves_a_valid_solution_that_goes_on(tmp_path):
    def interrupt(record):
        if record["iteration"] == 8:
            raise KeyboardInterrupt

    # The toy counts its traces in a global list, which a derived fingerprint would see change.
    settings = {"key": KEY, "max_steps": 15, "checkpoint": tmp_path, "fingerprint": "toy"}
    settings["save_every"] = 1e9
    part = solve(toy(), CHAIN, callback=interrupt, **settings)
    assert part.reason == "interrupted"
    assert len(part.history) == 9
    assert math.isfinite(part.value)
    whole = solve(toy(), CHAIN, key=KEY, max_steps=15)
    rest = solve(toy(), CHAIN, **settings)
    assert_same_history(whole, rest)
    assert rest.reason == whole.reason
    assert rest.seconds > part.seconds
    assert_same_history(whole, solve(toy(), CHAIN, **settings))  # already at its end


def test_ctrl_c_while_compiling_returns_the_start(tmp_path):
    class Interrupted(eqx.Module):
        inner: Toy
        steps_per_evaluation: int = 1
        gradient_cost: float = 1.0

        @property
        def task(self):
            return self.inner.task

        def evaluate(self, latent, *, order):
            raise KeyboardInterrupt

    problem = Interrupted(toy())
    solution = solve(problem, Adam(0.1), key=KEY, max_steps=3, checkpoint=tmp_path)
    assert solution.reason == "interrupted"
    assert len(solution.history) == 0
    np.testing.assert_array_equal(solution.latent, 0)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    "optimizer",
    [Adam(0.1), BFGS(), CEM(population=4, num_elites=2), MultiStart(Adam(0.1), num_starts=2)],
    ids=["Adam", "BFGS", "CEM", "MultiStart"],
)
def test_resume_is_exact(tmp_path, optimizer):
    whole = solve(toy(reach=0.2), optimizer, key=KEY, max_steps=9)
    for steps in (2, 5, 9):
        file = tmp_path / "run.npz"
        part = solve(toy(reach=0.2), optimizer, key=KEY, max_steps=steps, checkpoint=file)
        assert len(part.history) <= steps
    assert_same_history(whole, part)
    assert part.num_growths == whole.num_growths > 0
    for x, y in zip(*map(jax.tree.leaves, (whole, part)), strict=True):
        if isinstance(x, jax.Array):
            np.testing.assert_array_equal(x, y)


def _long_run(folder, pause=0.0):
    """Two phases and a growth; slowed down, it is what the process that gets killed does."""
    return solve(
        toy(reach=0.2),
        Then(CMAES(population=4), Adam(0.02), steps=20),
        key=KEY,
        max_steps=60,
        checkpoint=folder,
        fingerprint="toy",
        save_every=0.0,
        callback=lambda record: time.sleep(pause),
    )


def test_resume_is_exact_after_sigkill(tmp_path):
    file = tmp_path / "killed" / "solve.npz"
    delay = random.Random().uniform(0.0, 1.5)
    root = str(Path(__file__).resolve().parents[1])
    path = os.pathsep.join([root, os.environ.get("PYTHONPATH", "")])
    command = [sys.executable, __file__, str(file.parent)]
    with subprocess.Popen(command, env={**os.environ, "PYTHONPATH": path}) as process:
        while not file.exists() and process.poll() is None:
            time.sleep(0.005)
        time.sleep(delay)
        process.kill()
    killed_at = int(np.load(file)["history_iteration"][-1])
    assert process.returncode == -9 and killed_at < 59, f"killed too late, after {delay} s"
    whole, resumed = _long_run(tmp_path / "whole"), _long_run(file.parent)
    assert len(resumed.history) == 60
    assert_same_history(whole, resumed)


def test_a_checkpoint_of_something_else_is_refused(tmp_path):
    file = tmp_path / "run.npz"
    settings = {"key": KEY, "max_steps": 2, "checkpoint": file, "fingerprint": "a"}
    solve(toy(), Adam(0.1), **settings)
    before = file.read_bytes()
    for change, what in (
        ({"fingerprint": "b"}, "another configuration"),
        ({"key": jax.random.key(1)}, "another key"),
        ({"initial": jnp.ones(3)}, "another initial latent"),
    ):
        with pytest.raises(ValueError, match=f"holds a run with {what}"):
            solve(toy(), Adam(0.1), **{**settings, **change})
    for optimizer in (BFGS(), CMAES(), CEM()):
        with pytest.raises(ValueError, match="another optimizer"):
            solve(toy(), optimizer, **settings)
    assert file.read_bytes() == before


class Plain(eqx.Module):
    """A bowl whose steepness is a Python number, in a function that closes over it."""

    task: Bowl
    value: object
    steps_per_evaluation: int = eqx.field(static=True, default=1)
    gradient_cost: float = eqx.field(static=True, default=1.0)

    def evaluate(self, latent, *, order):
        value, grad = jax.value_and_grad(self.value)(latent)
        code = jnp.zeros((), jnp.int32)
        return Evaluation(value, grad, -value, jnp.zeros((0,)), None, code)


def plain(steepness=1.0):
    return Plain(Bowl(Box(-jnp.ones(3), jnp.ones(3))), lambda x: steepness * jnp.sum((x - 1) ** 2))


def sgd(rate):
    return Optax(optax.chain(optax.clip_by_global_norm(1.0), optax.sgd(rate)))


def test_without_a_fingerprint_problem_and_optimizer_are_told_apart(tmp_path):
    """A checkpoint goes on with what is equal, and with nothing that differs in one number."""
    settings = {"key": KEY, "max_steps": 2, "checkpoint": tmp_path}
    solve(plain(), sgd(0.1), **settings)
    more = solve(plain(), sgd(0.1), **settings | {"max_steps": 3})
    assert len(more.history) == 3
    for problem, optimizer in ((plain(2.0), sgd(0.1)), (plain(), sgd(0.2))):
        with pytest.raises(ValueError, match="another configuration"):
            solve(problem, optimizer, **settings)
    generator = (number for number in range(3))
    with pytest.raises(ValueError, match=r"`problem\.value.*generator.*`fingerprint`"):
        solve(plain(generator), sgd(0.1), **settings)


@pytest.mark.parametrize(
    "damage", [lambda b: b[:200], lambda b: b"", lambda b: b[:-50] + b"x" * 50]
)
def test_a_damaged_checkpoint_is_refused(tmp_path, damage):
    file = tmp_path / "run.npz"
    solve(toy(), Adam(0.1), key=KEY, max_steps=2, checkpoint=file)
    damaged = damage(file.read_bytes())
    file.write_bytes(damaged)
    with pytest.raises(ValueError, match=r"`.*` is not"):
        solve(toy(), Adam(0.1), key=KEY, max_steps=2, checkpoint=file)
    assert file.read_bytes() == damaged


def test_a_file_of_another_kind_is_refused(tmp_path):
    np.savez(tmp_path / "solve.npz", positions=np.zeros(3))
    with pytest.raises(ValueError, match="is not a checkpoint of `solve`"):
        solve(toy(), Adam(0.1), key=KEY, max_steps=2, checkpoint=tmp_path)


# Bad input.


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({}, "needs `max_steps` or `budget`"),
        ({"max_steps": 0}, "max_steps >= 1, got 0"),
        ({"budget": 69}, "budget of at least 70 simulator steps.*`Adam` costs, got 69"),
        ({"max_steps": 1, "chunk": 0}, "chunk >= 1 or None, got 0"),
        ({"max_steps": 1, "max_failures": 0}, "max_failures >= 1, got 0"),
        ({"max_steps": 1, "initial": jnp.zeros(4)}, r"a latent of 3 numbers, got shape \(4,\)"),
        ({"max_steps": 1, "initial": jnp.asarray([0, jnp.nan, 0])}, "finite.*got nan at 1"),
    ],
)
def test_bad_arguments(options, message):
    with pytest.raises(ValueError, match=message):
        solve(toy(), Adam(0.1), key=KEY, **options)


def test_an_integer_start_is_the_same_start():
    """CMA-ES would ask for its start over and over, cut off to integers."""
    optimizer = CMAES(population=4, initial_std=0.1)
    whole = solve(toy(), optimizer, key=KEY, max_steps=3, initial=np.zeros(3, int))
    assert_same_history(whole, solve(toy(), optimizer, key=KEY, max_steps=3, initial=np.zeros(3)))
    assert len(set(whole.history["value"])) == 3


def test_a_seed_is_no_key():
    with pytest.raises(ValueError, match=r"write `key=jax\.random\.key\(0\)`"):
        inspect.unwrap(solve)(toy(), Adam(0.1), key=0, max_steps=1)


@pytest.mark.parametrize("options", [{"patience": 0}, {"share": -1.0}])
def test_bad_plateau(options):
    with pytest.raises(ValueError, match=r"patience >= 1|share >= 0"):
        PlateauStop(**options)


if __name__ == "__main__":
    _long_run(Path(sys.argv[1]), pause=0.1)


SOUND = {
    "iteration": [0, 1, 2],
    "value": [math.inf, 0.5, 0.7],
    "best_value": [math.inf, 0.5, 0.5],
    "score": [math.nan, 0.1, 0.1],
    "violation": [math.inf, 0.0, 0.0],
    "gradient_norm": [math.nan, 1.0, 2.0],
    "simulator_steps": [10, 20, 30],
    "gradient_steps": [10, 20, 30],
    "charged_steps": [50.0, 100.0, 150.0],
    "seconds": [1.0, 2.0, 3.0],
    "num_failed": [1, 0, 0],
    "result": [2, 0, 0],
}
BROKEN = {
    "nan": ({"value": [math.nan, 0.5, 0.7]}, "`value` holds nan"),
    "infinite": ({"seconds": [1.0, math.inf, 3.0]}, "`seconds` holds inf"),
    "minus": ({"best_value": [-math.inf, 0.5, 0.5]}, "`best_value` holds -inf"),
    "negative": ({"violation": [-1.0, 0.0, 0.0]}, "`violation` holds -1, which is below 0"),
    "falling": ({"charged_steps": [50.0, 40.0, 60.0]}, "`charged_steps` falls from one row"),
    "order": ({"iteration": [0, 1, 3]}, "iterations are not 0, 1, 2"),
    "kind": ({"result": [0.5, 0, 0]}, "`result` holds '0.5'"),
    "text": ({"score": ["a", 0.1, 0.1]}, "`score` holds 'a'"),
    "boolean": ({"num_failed": [True, 0, 0]}, "`num_failed` holds 'True'"),
}


def write_rows(path, columns):
    rows = [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]
    return write_history(path, rows)


def test_a_history_is_read_as_it_was(tmp_path):
    history = load_history(write_rows(tmp_path / "history.csv", SOUND))
    for name, values in SOUND.items():
        np.testing.assert_array_equal(history[name], values)


@pytest.mark.parametrize("name", BROKEN)
def test_a_damaged_history_is_refused(tmp_path, name):
    change, message = BROKEN[name]
    path = write_rows(tmp_path / "history.csv", {**SOUND, **change})
    with pytest.raises(ValueError, match=rf"history\.csv` is damaged.*{message}"):
        load_history(path)


def test_the_history_of_something_else_is_refused(tmp_path):
    path = write_rows(tmp_path / "history.csv", {"angle": [1.0], "lift": [0.5]})
    with pytest.raises(ValueError, match="is not the history of a run"):
        load_history(path)
