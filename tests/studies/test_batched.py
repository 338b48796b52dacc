"""Runs that take turns in one process: what comes of one does not depend on the others."""

import jax
import numpy as np
import pytest

from invdesign import solve
from invdesign.optimizers import CEM, Adam
from invdesign.studies import InProcess, LocalWorkers, RunConfig, status, sweep
from invdesign.studies._sweep._executors._messages import Began, Finished, Order
from invdesign.studies._sweep._executors._side_by_side import SideBySide, _Pool
from invdesign.studies._sweep._run_status import Place

from .bowl import PROBLEM

LANES = 3
STUDY = {
    "tasks": ["ks-steer-6"],
    "optimizers": ["cem"],
    "seeds": [0, 1, 2],
    "simulator": "reference",
    "steps": 3,
    "batched": LANES,
}


class Searches:
    """Carries out orders by searches in a bowl, the seed and number of steps of which they say."""

    def __init__(self, optimizer, problem=PROBLEM):
        self.optimizer, self.problem, self.found = optimizer, problem, {}

    def __call__(self, order, tell):
        tell(Began(order.name, Place("here", 1)))
        self.found[order.name] = solve(
            self.problem,
            self.optimizer,
            key=jax.random.key(order.config["seed"]),
            initial=[0.1 * order.config["seed"], -1.0],
            max_steps=order.config["steps"],
        )
        tell(Finished(order.name, {}))


def searched(optimizer, runs):
    """Solutions of searches of so many steps by their seeds, side by side."""
    searches, told = Searches(optimizer), []
    pool = _Pool(LANES, searches)
    for seed, steps in runs.items():
        pool.submit(Order(str(seed), "", {"seed": seed, "steps": steps, "batched": LANES}))
    while pool.turns:
        pool.poll(0.0, told.append)
    assert [type(event) for event in told].count(Finished) == len(runs)
    return searches.found


@pytest.mark.parametrize("optimizer", [Adam(0.1), CEM(population=6, num_elites=2)])
def test_what_comes_of_a_search_does_not_depend_on_those_beside_it(optimizer):
    alone = searched(optimizer, {1: 5})
    together = searched(optimizer, {0: 5, 1: 5, 2: 2})
    plain = Searches(optimizer)
    plain(Order("1", "", {"seed": 1, "steps": 5}), lambda _: None)
    assert np.array_equal(alone["1"].champions, together["1"].champions)
    # A program of its own may round otherwise.
    np.testing.assert_allclose(alone["1"].champions, plain.found["1"].champions, rtol=1e-5)
    rows, others, expected = (found["1"].history.rows() for found in (alone, together, plain.found))
    for row, other, wanted in zip(rows, others, expected, strict=True):
        for name in row.keys() - {"seconds"}:
            np.testing.assert_equal(row[name], other[name])
            if isinstance(row[name], float):
                np.testing.assert_allclose(row[name], wanted[name], rtol=1e-5)
            else:
                assert row[name] == wanted[name]
    assert len(together["2"].history) == 2


def test_a_pool_that_closes_ends_its_searches_as_ctrl_c_does(tmp_path):
    searches = Searches(Adam(0.1))
    with SideBySide(LANES, searches).open(tmp_path) as pool:
        for seed in range(LANES):
            pool.submit(Order(str(seed), "", {"seed": seed, "steps": 1000}))
        for _ in range(3):
            pool.poll(0.0, lambda _: None)
        assert not searches.found
        assert isinstance(pool, _Pool)
        threads = [turn.thread for turn in pool.turns]
    assert {found.reason for found in searches.found.values()} == {"interrupted"}
    assert all(len(found.history) == 2 for found in searches.found.values())
    assert not any(thread.is_alive() for thread in threads)


def test_batched_runs_end_alike_together_alone_and_after_an_interruption(tmp_path):
    whole = sweep(STUDY, tmp_path / "whole", executor=InProcess(), pictures=False)
    assert whole.counts["finished"] == 3

    def interrupting(overview):
        if any(run.iterations for run in overview.ongoing):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        sweep(STUDY, tmp_path / "cut", pictures=False, look=interrupting)
    assert status(tmp_path / "cut").counts["interrupted"] == LANES
    sweep(STUDY, tmp_path / "cut", pictures=False)
    sweep({**STUDY, "seeds": [1]}, tmp_path / "alone", pictures=False)
    for name in whole.runs:
        champions = np.load(tmp_path / "whole" / name / "solve.npz")["champions"]
        for other in ("cut", "alone") if name.endswith("-1") else ("cut",):
            found = np.load(tmp_path / other / name / "solve.npz")["champions"]
            assert np.array_equal(champions, found), (other, name)


def test_batched_runs_are_refused_where_they_cannot_share_a_process(tmp_path):
    with pytest.raises(ValueError, match=r"`batched` share one process.*`LocalWorkers`"):
        sweep(STUDY, tmp_path / "out", executor=LocalWorkers(workers=2))
    mixed = {**{k: v for k, v in STUDY.items() if k != "batched"}, "product": {"batched": [2, 3]}}
    with pytest.raises(ValueError, match="all alike"):
        sweep(mixed, tmp_path / "out")
    assert not (tmp_path / "out").exists()
    with pytest.raises(ValueError, match="batched >= 2"):
        RunConfig(task="ks-steer", batched=1)
