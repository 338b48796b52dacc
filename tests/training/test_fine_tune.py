"""Water simulators that learn from lessons: stored, resumed, refused where they do not fit."""

import dataclasses

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from invdesign.families._registry import build_simulator
from invdesign.families.water import _training as _fine_tune
from invdesign.families.water._data import join_water, load_water, water_scene
from invdesign.families.water._training import WaterLearner
from invdesign.io import load_model
from invdesign.reference import MPM
from invdesign.scenes._capsules import Capsules
from invdesign.simulators.particle._build import build_network, make_simulator
from invdesign.training import Lesson
from invdesign.training.particle._course import scales
from invdesign.training.particle._heldout import simulate

NUM_STEPS = 8


@pytest.fixture(scope="module")
def lessons(data):
    arrays, described = load_water(data)
    radius = described["scenes"]["obstacle_radius"]
    found = []
    for index in range(2):
        start = {
            "position": arrays["position"][index, 0],
            "velocity": arrays["velocity"][index, 0],
            "segments": arrays["segments"][index, :3],
        }
        scene = water_scene(start, radius)
        found.append(Lesson(scene, simulate(MPM(), scene, NUM_STEPS)[0]))
    return found


@pytest.fixture(scope="module")
def learner(config):
    return WaterLearner(config.model, updates=2, frames=2, growth=0.0, rehearsal=9, clutter=0.0)


@pytest.fixture
def simulator(data, config):
    _, described = load_water(data)
    network = build_network(config.model, key=jax.random.key(3))
    return make_simulator(network, config.model, scales(described), described["dt"])


def test_lessons_are_a_data_set(lessons, learner, data, tmp_path):
    learner.write(lessons, tmp_path / "lessons")
    arrays, described = load_water(tmp_path / "lessons")
    assert described["num_trajectories"] == 2 and described["num_steps"] == NUM_STEPS
    assert arrays["position"].shape[:2] == (2, NUM_STEPS + 1)
    np.testing.assert_array_equal(arrays["position"][0, 1:], lessons[0].frames.position)
    joined, base = join_water(data, tmp_path / "lessons")
    assert base["num_trajectories"] == 3 and len(joined["position"]) == 5
    assert joined["segments"].shape == (5, 16, 2, 2)
    np.testing.assert_array_equal(joined["position"][:2], arrays["position"])


@pytest.mark.slow  # compiles for long
def test_it_learns_and_goes_on_where_it_was(lessons, learner, simulator, tmp_path, monkeypatch):
    monkeypatch.setattr(_fine_tune, "_LENGTH", NUM_STEPS)
    learner.write(lessons, tmp_path / "lessons")
    before = jax.device_get(simulator.network)
    learned = learner.learn(simulator, [tmp_path / "lessons"], tmp_path / "out")
    moved = jax.tree.map(lambda a, b: np.abs(a - b).max(), before, learned.network)
    assert 0 < max(jax.tree.leaves(moved)) < 1e-2
    again = learner.learn(simulator, [tmp_path / "lessons"], tmp_path / "out")
    same = jax.tree.map(np.array_equal, again.network, learned.network)
    assert all(jax.tree.leaves(same))
    learner.save(learned, tmp_path / "model.safetensors")
    loaded = load_model(tmp_path / "model.safetensors", build_simulator)
    same = jax.tree.map(np.array_equal, loaded.network, learned.network)
    assert all(jax.tree.leaves(same))


def test_scenes_that_do_not_fit_are_refused(lessons, learner):
    scene = lessons[0].scene
    learner.check(scene)
    low = eqx.tree_at(lambda s: s.upper, scene, jnp.asarray([0.5, 0.5]))
    with pytest.raises(ValueError, match="in a box of 1 m"):
        learner.check(low)
    # A body that is no capsule would be missing in what is learned from.
    other = Capsules(segments=scene.segments[:1], thickness=scene.segment_radius[:1])
    with pytest.raises(ValueError, match="capsules alone; this task has Capsules"):
        learner.check(dataclasses.replace(scene, bodies=(other,)))


@pytest.mark.parametrize(
    "wrong", [{"rehearsal": 8}, {"updates": 0}, {"frames": 0}, {"growth": -1.0}]
)
def test_numbers_out_of_range_are_refused(config, wrong):
    with pytest.raises(ValueError, match="`WaterLearner` needs"):
        WaterLearner(config.model, **wrong)
