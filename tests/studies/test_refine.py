"""Refinement in a world of one unknown, and of water for a few frames."""

import dataclasses

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from invdesign._problem import Problem
from invdesign._results import RESULTS, as_code
from invdesign._simulator import AbstractSimulator
from invdesign._task import Task
from invdesign.io import read_design
from invdesign.io._atomic import write_json
from invdesign.io._npz import read_npz, write_npz
from invdesign.io._reading import read_json
from invdesign.objectives import AbstractObjective, AbstractScore
from invdesign.optimizers import Adam
from invdesign.reference import Simulated
from invdesign.spaces import Box
from invdesign.studies import refine
from invdesign.studies._refine import Rounds, nearby
from invdesign.training import AbstractLearner


class Drift(AbstractSimulator):
    """Everything moves by `speed` a step; the truth moves by 1."""

    speed: jax.Array
    dt: float = 0.1

    def init(self, scene):
        return None, scene

    def step(self, context, state):
        return state + self.speed, as_code(RESULTS.successful)

    def observe(self, context, state):
        return state

    def grow(self, factor):
        raise ValueError("`Drift` has no capacity.")


class Place(eqx.Module):
    def __call__(self, design, condition):
        return design.parameters + condition


class Distance(AbstractObjective):
    def __call__(self, trajectory, design):
        return jnp.sum(trajectory.frames[-1] ** 2)


class Closeness(AbstractScore):
    def __call__(self, trajectory, design):
        return 1 / (1 + jnp.sum(trajectory.frames[-1] ** 2))


class DriftLearner(AbstractLearner):
    """Learns half of what it could, so that it takes several rounds."""

    def check(self, scene):
        if scene.shape != (1,):
            raise ValueError("`DriftLearner` learns in one dimension.")

    def write(self, lessons, folder):
        folder.mkdir()
        speeds = [np.asarray(frames)[0] - np.asarray(scene) for scene, frames in lessons]
        write_npz(folder / "speeds.npz", speeds=np.stack(speeds))
        write_json(folder / "metadata.json", {"number": len(lessons)})

    def learn(self, simulator, lessons, out):
        seen = np.concatenate([read_npz(folder / "speeds.npz")["speeds"] for folder in lessons])
        return Drift(simulator.speed + 0.5 * (seen.mean() - simulator.speed))

    def save(self, simulator, path):
        write_npz(path.with_suffix(".npz"), speed=np.asarray(simulator.speed))


TASK = Task(
    name="drift",
    space=Box(-6 * jnp.ones(1), 6 * jnp.ones(1), initial_parameters=jnp.ones(1)),
    build=Place(),
    conditions=jnp.zeros((1, 1)),
    unseen=jnp.zeros((2, 1)),
    objective=Distance(),
    score=Closeness(),
    num_steps=3,
)
PROBLEM = Problem(TASK, Drift(jnp.asarray(0.0)))
LIMITS = Rounds(rounds=4, max_steps=60, designs=5, tolerance=0.01)


def refined(out, limits=LIMITS):
    return refine(
        out,
        {"task": "drift", "limits": dataclasses.asdict(limits)},
        PROBLEM,
        Adam(0.1),
        DriftLearner(),
        reference=Simulated(Drift(jnp.asarray(1.0))),
        key=jax.random.key(0),
        limits=limits,
    )


def test_model_and_truth_come_to_agree(tmp_path):
    rows = refined(tmp_path / "out")
    gaps = [abs(row["gap"]) for row in rows]
    assert gaps[0] > 0.8 and gaps[-1] < 0.2 and gaps == sorted(gaps, reverse=True)
    assert [row["lessons"] for row in rows] == [0, 5, 10, 15, 20]
    speed = float(read_npz(tmp_path / "out" / "model.npz")["speed"])
    assert speed == pytest.approx(1 - 0.5**4)
    best = max(rows, key=lambda row: row["reference_score"])
    said = read_json(tmp_path / "out" / "refinement.json")
    assert said["best_round"] == best["round"] == 4
    design = read_design(tmp_path / "out" / "design.json").parameters
    assert float(design[0]) == pytest.approx(-3 * speed, abs=0.05)


def test_it_stops_where_they_agree(tmp_path):
    rows = refined(tmp_path / "out", dataclasses.replace(LIMITS, tolerance=1.0))
    assert len(rows) == 1 and rows[0]["lessons"] == 0


def test_an_interrupted_refinement_ends_as_one_that_was_not(tmp_path, monkeypatch):
    whole = refined(tmp_path / "whole")
    calls = []
    learn = DriftLearner.learn

    def stop(self, simulator, lessons, out):
        calls.append(out)
        if len(calls) == 2:
            raise KeyboardInterrupt
        return learn(self, simulator, lessons, out)

    with monkeypatch.context() as patch:
        patch.setattr(DriftLearner, "learn", stop)
        with pytest.raises(KeyboardInterrupt):
            refined(tmp_path / "parts")
    parts = refined(tmp_path / "parts")
    assert [{**row, "seconds": 0} for row in parts] == [{**row, "seconds": 0} for row in whole]


def test_a_reference_that_fails_teaches_nothing(tmp_path):
    class Failing(Drift):
        def step(self, context, state):
            return state, as_code(RESULTS.nonfinite_state)

    with pytest.raises(ValueError, match="failed on all 5 designs of round 0"):
        refine(
            tmp_path / "out",
            {"task": "drift"},
            Problem(TASK, Drift(jnp.asarray(1.0))),
            Adam(0.1),
            DriftLearner(),
            reference=Simulated(Failing(jnp.asarray(1.0))),
            key=jax.random.key(0),
            limits=LIMITS,
        )


def test_another_configuration_is_refused(tmp_path):
    refined(tmp_path / "out", dataclasses.replace(LIMITS, tolerance=1.0))
    with pytest.raises(ValueError, match="another configuration"):
        refined(tmp_path / "out")


@pytest.mark.parametrize("wrong", [{"rounds": 0}, {"designs": 0}, {"tolerance": -1.0}])
def test_limits_out_of_range_are_refused(wrong):
    with pytest.raises(ValueError, match="`Rounds` needs"):
        Rounds(**wrong)


def test_designs_nearby_are_the_champions_and_others():
    champions = [[0.0, 0.0], [1.0, 1.0], [1.0, 1.0]]
    latents = np.asarray(nearby(champions, 6, key=jax.random.key(0)))
    np.testing.assert_array_equal(latents[:2], [[1, 1], [0, 0]])
    assert len(np.unique(latents, axis=0)) == 6
    assert np.abs(latents[2:] - np.tile([[1, 1], [0, 0]], (2, 1))).max() < 1.0
    np.testing.assert_array_equal(nearby(champions, 1, key=jax.random.key(0)), [[1, 1]])
