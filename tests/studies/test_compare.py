"""Comparisons on a bowl that costs nothing: budgets, starts, interruptions."""

import equinox as eqx
import jax.numpy as jnp
import numpy as np
import pytest

from invdesign._problem import Problem
from invdesign._results import RESULTS, as_code
from invdesign._simulator import AbstractSimulator
from invdesign._solve import _driver
from invdesign._task import Task
from invdesign.objectives import AbstractObjective, AbstractScore
from invdesign.optimizers import BFGS, CEM, Adam, RandomSearch
from invdesign.reference import Simulated
from invdesign.spaces import Box
from invdesign.studies import compare, seeded_start
from invdesign.studies._compare import summarize
from invdesign.studies._optimizers import Contestant

BUDGET = 512.0


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
CONTESTANTS = [Contestant("adam", Adam(0.1)), Contestant("random", RandomSearch(8))]


def run(out, contestants=CONTESTANTS, problem=PROBLEM, **options):
    options = {"reference": Simulated(Still(0.25)), "num_seeds": 2, "budget": BUDGET, **options}
    configuration = {"task": "bowl", "budget": options["budget"], "simulator": "learned"}
    return compare(out, configuration, problem, contestants, **options)


@pytest.fixture(scope="module")
def compared(tmp_path_factory):
    out = tmp_path_factory.mktemp("compare") / "out"
    return out, run(out)


def test_every_run_spends_the_budget(compared):
    _, results = compared
    assert len(results) == 4
    for result in results:
        assert result["charged_steps"] == result["steps"][-1] == BUDGET
    adam, sampled = results[0], results[1]
    # A gradient of two steps is charged eight, a population of eight sixteen.
    assert (adam["iterations"], sampled["iterations"]) == (64, 32)
    assert adam["gradient_steps"] == 128 and sampled["gradient_steps"] == 0


def test_champions_are_judged_at_shares_of_the_budget(compared):
    for result in compared[1]:
        assert list(result["steps"]) == [BUDGET / 16, BUDGET / 8, BUDGET / 4, BUDGET / 2, BUDGET]
    # On its own bowl the champion can only get better; here training and unseen scenes agree.
    for result in compared[1]:
        assert np.all(np.diff(result["score"]) >= 0)
    adam = compared[1][0]
    assert adam["score"][-1] > 0.9 > adam["score"][0]
    # The reference moves everything by 0.5 in two steps: 1 / (1 + 2 x 0.25) at the bottom.
    assert adam["reference_score"][-1] == pytest.approx(1 / 1.5, abs=0.1)


def test_seeds_start_apart_and_0_where_the_task_does():
    starts = [np.asarray(seeded_start(PROBLEM.task.space, seed)) for seed in (0, 1, 1, 2)]
    np.testing.assert_array_equal(starts[0], TASK.space.initial())
    np.testing.assert_array_equal(starts[1], starts[2])
    assert 0 < np.abs(starts[1] - starts[0]).max() < 0.5
    assert np.abs(starts[3] - starts[1]).max() > 0


def test_all_optimizers_start_alike(compared):
    first, _, second, _ = compared[1]
    assert first["value"] != second["value"]


def test_the_reference_is_not_run_twice_on_itself(tmp_path):
    trusted = Still(0.25)
    problem = eqx.tree_at(lambda p: p.simulator, PROBLEM, trusted)
    results = run(
        tmp_path / "out", CONTESTANTS[1:], problem, reference=Simulated(problem.simulator)
    )
    assert all(result["score"] == result["reference_score"] for result in results)


def test_an_interrupted_comparison_ends_alike(compared, tmp_path, monkeypatch):
    advance, calls = _driver.advance, []

    def interrupted(*args, **kwargs):
        calls.append(1)
        if len(calls) == 17:
            raise KeyboardInterrupt
        return advance(*args, **kwargs)

    monkeypatch.setattr(_driver, "advance", interrupted)
    with pytest.raises(KeyboardInterrupt):
        run(tmp_path / "out")
    again = run(tmp_path / "out")
    assert [without_clock(r) for r in again] == [without_clock(r) for r in compared[1]]


def without_clock(result):
    return {
        key: list(value) if isinstance(value, tuple | list) else value
        for key, value in result.items()
        if key != "seconds"
    }


def test_optimizers_are_added_and_finished_runs_kept(compared):
    out, results = compared
    stamps = {path: path.stat().st_mtime_ns for path in out.glob("*/result.json")}
    more = run(out, [*CONTESTANTS, Contestant("cem", CEM(8, 2))], num_seeds=1)
    assert [result["optimizer"] for result in more] == ["adam", "random", "cem"]
    assert without_clock(more[0]) == without_clock(results[0])
    assert {path: path.stat().st_mtime_ns for path in stamps} == stamps
    assert (out / "comparison.png").stat().st_size > 10_000


def test_other_settings_are_refused(compared):
    out, _ = compared
    with pytest.raises(ValueError, match="another configuration"):
        run(out, budget=2 * BUDGET)
    changed = [Contestant("adam", Adam(0.2), {"learning_rate": 0.2})]
    with pytest.raises(ValueError, match="another configuration"):
        run(out, changed)


def test_a_converged_run_ends_before_its_budget(tmp_path):
    (result,) = run(tmp_path / "out", [Contestant("bfgs", BFGS(first_step=0.1))], num_seeds=1)
    assert "converged" in result["reason"] and result["charged_steps"] < BUDGET
    assert result["score"][-1] == pytest.approx(1.0, abs=1e-4)


@pytest.mark.parametrize(
    ("options", "message"),
    [({"num_seeds": 0}, "num_seeds >= 1, got 0"), ({"contestants": []}, "at least one optimizer")],
)
def test_there_must_be_something_to_compare(options, message, tmp_path):
    with pytest.raises(ValueError, match=message):
        run(tmp_path / "out", **options)
    assert not (tmp_path / "out").exists()


def test_a_budget_below_one_iteration_is_refused(tmp_path):
    with pytest.raises(ValueError, match="budget of at least 8"):
        run(tmp_path / "out", budget=7.0)
    assert not (tmp_path / "out").exists()


def test_summaries_are_medians_and_ranges():
    runs = [
        {"optimizer": "a", "score": [0.0, s], "reference_score": [0.0, s - 0.1],
         "charged_steps": 10.0, "seconds": t}
        for s, t in ((0.2, 1.0), (0.9, 2.0), (0.4, 6.0))
    ]  # fmt: skip
    (row,) = summarize(runs)
    assert (row["score"], row["score_min"], row["score_max"]) == (0.4, 0.2, 0.9)
    assert row["reference_score"] == pytest.approx(0.3)
    assert (row["seeds"], row["seconds"]) == (3, 2.0)
