"""Strips: their judge against itself, what a design makes of them, and a run's pictures."""

import json

import jax.numpy as jnp
import numpy as np
import pytest

from invdesign import Trajectory, judge
from invdesign.families import ELASTIC
from invdesign.families.elastic import driven_strip
from invdesign.families.elastic._card import write_strip_card
from invdesign.families.elastic._evaluate import evaluate_strips
from invdesign.families.elastic._strips import RandomStrips
from invdesign.objectives import NodesAt, NodesOff
from invdesign.reference import Springs
from invdesign.scenes import NodeKind, ParticleFrame
from invdesign.studies._registry import load_task
from invdesign.studies._resolve import reference_for

SMALL = RandomStrips(num_along=5, num_across=2, num_rim=5, radius=0.05)


@pytest.fixture(scope="module")
def judged():
    """The springs as their own model; with smaller steps they are nearly so."""
    steps = {"number": 3, "num_steps": 12, "strips": SMALL}
    return [evaluate_strips(Springs(num_substeps=n), **steps) for n in (5, 10)]


def test_springs_are_their_own_best_model(judged, tmp_path):
    (same, records), (nearly, _) = judged
    assert same["node_error"] == same["position_error"] == same["num_failed"] == 0
    assert 0 < nearly["node_error"] < 0.01 * same["travel"]
    # The twin starts up to a thousandth of the strip off, and is not far from that after 60 ms.
    length = SMALL.spacing * (SMALL.num_along - 1)
    assert 1e-4 * length < same["node_floor"] < 2e-3 * length
    assert same["node_bar"] == pytest.approx(2 * same["node_floor"] + 0.02 * same["travel"])
    shifts = [np.abs(record.twin[0] - record.truth[0]) for record in records]
    assert 0 < max(shift.max() for shift in shifts) <= 1.001e-3 * length
    assert all(not shift[~r.is_free].any() for shift, r in zip(shifts, records, strict=True))
    card = write_strip_card(tmp_path, "springs", same, records, about={"seed": 0}, dt=0.005)
    assert "springs against themselves" in card.read_text()
    assert json.loads((tmp_path / "metrics.json").read_text()) == same
    assert len(list(tmp_path.glob("rollout-*.png"))) == 3


def test_a_failed_rollout_is_infinitely_far(judged):
    record = judged[0][1][0]
    lost = np.where(np.arange(len(record.truth))[:, None, None] > 5, np.nan, record.truth)
    errors = record.errors(lost)
    assert not errors[:6].any() and np.isinf(errors[6:]).all()


def test_a_design_drives_the_end_and_stiffens_along_the_strip():
    build, tip = driven_strip(RandomStrips())
    task = load_task("flick")
    parameters = [0.5, -0.25, 0.0, 1.0, 1.0, 2.0]
    design = task.space.decode(task.space.encode(parameters))
    scene = build(design, _first(task.unseen))
    driven = np.asarray(scene.kind) == NodeKind.DRIVEN
    assert driven.sum() == 3 and set(tip) == set(np.flatnonzero(scene.rest[:, 0] > 0.27))
    np.testing.assert_allclose(scene.velocity[driven], [[0.5, -0.25]] * 3, atol=1e-5)
    place = np.asarray(scene.rest)[np.asarray(scene.edges)].mean(axis=1)[:, 0]
    knots = np.linspace(-0.275, 0.275, 4)
    wanted = 2 ** np.interp(place, knots, [0, 1, 1, 2])
    np.testing.assert_allclose(scene.stiffness, wanted, rtol=1e-4)
    assert ELASTIC.reference is not None and reference_for(task).simulator.dt == 0.005


def _first(conditions):
    return type(conditions)(*(getattr(conditions, n)[0] for n in ("position", "velocity")))


def test_a_stiff_strip_sags_less_and_a_driven_one_goes_along():
    task = load_task("flick")
    springs = reference_for(task)
    heights, sides = [], []
    for parameters in ([0] * 6, [0, 0, 2, 2, 2, 2], [1, 0, 0, 0, 0, 0]):
        latent = task.space.encode(np.asarray(parameters, float))
        one = type(task.unseen)(*(getattr(task.unseen, n)[:1] for n in ("position", "velocity")))
        found = judge(latent, task, springs, conditions=one)
        end = found.trajectory.frames.position[-1, -3:].mean(axis=0)
        heights.append(end[1])
        sides.append(end[0])
    assert heights[1] > heights[0] + 0.02
    assert sides[2] > sides[0] + 0.1
    assert found.violations == {} and found.num_failed == 0


def test_the_score_is_a_gaussian_of_the_middle():
    position = jnp.asarray([[[9.0, 9.0], [1.0, 0.0], [3.0, 0.0]]])
    frames = ParticleFrame(position, jnp.zeros_like(position))
    trajectory = Trajectory(None, frames, None, jnp.asarray(0, jnp.int32))
    at = NodesAt(jnp.asarray([1, 2]), [2.0, 0.1], 0.1)
    assert float(at(trajectory, None)) == pytest.approx(np.exp(-0.5))
    assert float(NodesOff(at)(trajectory, None)) == pytest.approx(1 - np.exp(-0.5))
    with pytest.raises(ValueError, match="width > 0"):
        NodesAt(jnp.asarray([1]), [0.0, 0.0], 0.0)
