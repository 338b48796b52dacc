"""Refinement of a tiny model of sections: constraints, metrics, and a solver that may fail."""

import jax
import numpy as np
import pytest

from invdesign import BuildFoil, Task, flight_points
from invdesign._problem import Problem
from invdesign._results import RESULTS, as_code
from invdesign._rollout import Trajectory
from invdesign.io import read_design
from invdesign.io._reading import read_json
from invdesign.objectives import (
    AreaAtLeast,
    Drag,
    DragCoefficient,
    LiftCoefficient,
    LiftTarget,
    LiftToDrag,
)
from invdesign.optimizers import SLSQP
from invdesign.reference import AbstractReference
from invdesign.sections import naca4
from invdesign.spaces import FFD
from invdesign.studies import refine
from invdesign.studies._refine import Rounds

from ..foils import LAYOUT, StandIn, make_data, make_learner, tiny_simulator

BASELINE = LAYOUT.fit(naca4("0012"))
POINTS = flight_points((0.4,))
TASK = Task(
    name="tiny-foil",
    space=FFD(BASELINE, LAYOUT, columns=3, angles=(-0.05, 0.2), initial_angles=(0.07,)),
    build=BuildFoil(),
    conditions=POINTS,
    unseen=POINTS,
    objective=Drag(),
    score=LiftToDrag(),
    num_steps=1,
    constraints=(LiftTarget(POINTS.lift), AreaAtLeast(BASELINE)),
    metrics={"cd": DragCoefficient(), "cl": LiftCoefficient()},
)
LIMITS = Rounds(rounds=1, max_steps=4, designs=4, tolerance=0.0)


class Broken(AbstractReference):
    """Solves nothing, or all but what it is asked one by one: the verifications."""

    solver: StandIn

    def trajectories(self, scenes, *, num_steps):
        played = self.solver.trajectories(scenes, num_steps=num_steps)
        if len(scenes) > 1:
            return played
        lost = jax.tree.map(lambda x: np.full_like(x, np.nan), played[0].frames)
        return [Trajectory(played[0].initial, lost, None, as_code(RESULTS.reference_failed))]


@pytest.fixture(scope="module")
def reference():
    return StandIn(tiny_simulator(1))


@pytest.fixture(scope="module")
def data(reference, tmp_path_factory):
    return make_data(reference, tmp_path_factory.mktemp("foils") / "data")


def refined(out, data, reference):
    problem = Problem(TASK, tiny_simulator(2))
    return refine(
        out,
        {"task": TASK.name},
        problem,
        SLSQP(problem.constraints.equality),
        make_learner(data, updates=30, learning_rate=1e-2),
        reference=reference,
        key=jax.random.key(0),
        limits=LIMITS,
    )


@pytest.mark.slow
def test_the_drag_that_is_promised_comes_to_be_true(data, reference, tmp_path):
    rows = refined(tmp_path / "out", data, reference)
    assert [row["lessons"] for row in rows] == [0, 4]
    before, after = (abs(row["cd"] - row["reference_cd"]) for row in rows)
    assert after < 0.5 * before
    assert rows[0]["cl"] == pytest.approx(0.4, abs=5e-3)
    assert rows[0]["score"] == pytest.approx(rows[0]["cl"] / rows[0]["cd"], rel=1e-4)
    said = read_json(tmp_path / "out" / "refinement.json")
    assert said == {"rounds": rows, "best_round": LIMITS.best(rows)["round"]}
    assert read_design(tmp_path / "out" / "design.json").parameters.shape == (5,)


@pytest.mark.slow  # compiles for long
def test_a_champion_that_cannot_be_verified_ends_nothing(data, reference, tmp_path):
    rows = refined(tmp_path / "out", data, Broken(reference))
    assert len(rows) == 2
    for row in rows:
        assert row["reference_score"] is row["gap"] is row["reference_cd"] is None
        assert row["reference_violations"] == {"lift": None} and row["cd"] > 0
        assert row["distance_to_data"] >= 0
        assert any("the reference solver failed on 1 of 1" in note for note in row["notes"])
    assert (tmp_path / "out" / "design.json").exists()


def row(score, missed, own=50.0):
    gap = None if score is None else own - score
    return {"reference_score": score, "gap": gap, "reference_violations": missed}


def test_constraints_come_before_scores():
    limits = Rounds(tolerance=0.01, allowance=0.005)
    kept, more = row(49.0, {"lift": 0.004}), row(49.8, {"lift": 0.001})
    missed, worse = row(70.0, {"lift": 0.006}), row(80.0, {"lift": 0.1})
    unknown = row(None, {"lift": None})
    assert limits.best([kept, missed, more, worse, unknown]) is more
    assert limits.best([unknown, worse, missed]) is missed
    assert limits.best([unknown]) is unknown


def test_they_agree_where_constraints_hold_and_scores_are_alike():
    limits = Rounds(tolerance=0.01, allowance=0.005)
    assert limits.agree(row(49.8, {}))
    assert limits.agree(row(49.6, {"lift": 0.004}))
    assert not limits.agree(row(49.0, {}))  # more than one percent
    assert not limits.agree(row(51.0, {}))  # nor may the model be too modest
    assert not limits.agree(row(49.8, {"lift": 0.006}))
    assert not limits.agree(row(None, {"lift": None}))
    assert limits.agree(row(0.5, {}, own=0.509)) and not limits.agree(row(0.5, {}, own=0.511))
