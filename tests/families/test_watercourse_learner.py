"""Models of watercourses that learn from lessons; another network stands in for the solver."""

import dataclasses

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from invdesign.families._registry import build_simulator, load_config
from invdesign.families.watercourse._data import (
    RandomLandscapes,
    join_watercourses,
    load_watercourses,
    random_course,
    write_lessons,
)
from invdesign.families.watercourse._learner import WatercourseLearner
from invdesign.families.watercourse._training import ranges_of
from invdesign.io import load_model
from invdesign.io._resources import pretrained_dir
from invdesign.scenes import ParticleFrame, Passage
from invdesign.simulators.particle._build import build_network, make_simulator
from invdesign.simulators.particle._features import Statistics
from invdesign.training import Lesson, TrainingRun
from invdesign.training._shards import write_rows
from invdesign.training.particle._heldout import simulate
from invdesign.training.particle._streams import StreamSampler

CONFIG = load_config(pretrained_dir() / "configs" / "watercourse.toml")
MODEL = dataclasses.replace(CONFIG.model, latent=8, num_steps=1)
FRAMES = 12
UNITS = Statistics(0.25 * 0.01, 0.01, 5e-4, 9e-4)


def scene_of(index, layers=1):
    return random_course(RandomLandscapes(), 3, index, layers=layers)


def falling(index):
    """A lesson of a layer that falls freely and has landed at the end; whole frames."""
    scene = scene_of(index)
    time = 0.025 * np.arange(1, FRAMES + 1)[:, None, None]
    gravity, start = np.asarray(scene.gravity), np.asarray(scene.velocity)
    position = np.asarray(scene.position) + time * start + 0.5 * time**2 * gravity
    landed = np.broadcast_to(np.arange(FRAMES)[:, None] == FRAMES - 1, position.shape[:2])
    velocity = np.broadcast_to(start + time * gravity, position.shape)
    passage = Passage(
        *map(jnp.asarray, (np.arange(FRAMES), np.zeros_like(landed), landed, 0.025 * landed))
    )
    return Lesson(scene, ParticleFrame(jnp.asarray(position), jnp.asarray(velocity), passage))


def half_frames(source, out):
    """A data set with a moment between any two, as those that models are first trained on."""
    arrays, described = load_watercourses(source)
    for key in ("position", "velocity"):
        rows = arrays[key]
        between = 0.5 * (rows[:, 1:] + rows[:, :-1])
        arrays[key] = np.insert(rows, np.arange(1, rows.shape[1]), between, axis=1)
    arrays["landed"] = np.repeat(arrays["landed"], 2, axis=1)[:, :-1]
    arrays["begins"] = 2 * arrays["begins"]
    count = {"num_trajectories": len(arrays["heights"]), "num_steps": 2 * FRAMES}
    kept = {key: described[key] for key in ("format", "name", "shard_size", "scenes")}
    write_rows(
        out,
        [{key: rows[index] for key, rows in arrays.items()} for index in range(len(rows))],
        {**kept, **count, "dt": described["dt"] / 2},
        measure=lambda _: {"complete": True},
    )
    return out


@pytest.fixture(scope="module")
def learner():
    return WatercourseLearner(CONFIG.world, MODEL, updates=2, frames=2)


@pytest.fixture(scope="module")
def lessons():
    return [falling(index) for index in range(3)]


@pytest.fixture(scope="module")
def folder(lessons, learner, tmp_path_factory):
    out = tmp_path_factory.mktemp("lessons") / "lessons"
    learner.write(lessons, out)
    return out


def test_lessons_are_a_data_set_of_whole_frames(lessons, folder):
    arrays, described = load_watercourses(folder)
    assert described["dt"] == 0.025 and described["num_steps"] == FRAMES
    scene, frames = lessons[1]
    np.testing.assert_array_equal(arrays["position"][1, 0], scene.position)
    np.testing.assert_allclose(arrays["position"][1, 1:], frames.position, rtol=1e-6)
    np.testing.assert_array_equal(arrays["landed"][1, 1:], frames.passage.landed)
    assert not arrays["landed"][:, 0].any() and arrays["landed"][:, -1].all()
    np.testing.assert_array_equal(arrays["heights"][1], scene.bodies[0].heights)


def test_data_of_half_frames_are_thinned_to_those_of_lessons(folder, tmp_path):
    whole, _ = load_watercourses(folder)
    finer = half_frames(folder, tmp_path / "finer")
    joined, described = join_watercourses(finer, folder)
    assert described["dt"] == 0.025 and described["num_steps"] == FRAMES
    for key, rows in joined.items():
        np.testing.assert_array_equal(rows[:3], whole[key])
        np.testing.assert_array_equal(rows[3:], whole[key])
    alone, described = join_watercourses(finer)
    assert described["dt"] == 0.0125 and alone["position"].shape[1] == 2 * FRAMES + 1
    assert ranges_of(described).num_steps == FRAMES


def test_half_of_all_windows_are_of_lessons(folder):
    arrays, _ = load_watercourses(folder)
    arrays = {key: np.concatenate([rows, rows, rows]) for key, rows in arrays.items()}
    arrays["heights"] += np.arange(9, dtype=np.float32)[:, None, None]
    given = {"frames": 2, "noise": 0.0, "position_noise": 0.0, "windows_per_batch": 1, "seed": 0}
    for lessons, expected in ((0, 4 / 9), (4, 1 / 2), (1, 0.5 + 0.5 * 3 / 8)):
        sampler = StreamSampler(arrays, 0.025, lessons=lessons, **given)
        drawn = [sampler.batch(step, 0).heights.mean() < 4.0 for step in range(600)]
        assert np.mean(drawn) == pytest.approx(expected, abs=0.07)


def test_data_of_other_water_are_not_joined(folder, tmp_path):
    scene = scene_of(0, layers=2)
    assert scene.inflow is not None
    arrays, _ = load_watercourses(folder)
    row = {key: rows[0] for key, rows in arrays.items()}
    more = {key: np.repeat(row[key], 2, axis=1) for key in ("position", "velocity", "landed")}
    row |= {**more, "begins": np.asarray(scene.inflow.frame)}
    other = write_lessons(tmp_path / "other", [row])
    with pytest.raises(ValueError, match=r"cannot be joined: `begins` are \(32,\) and \(64,\)"):
        join_watercourses(other, folder)


def test_scenes_that_do_not_fit_are_refused(learner):
    scene = scene_of(0, layers=20)
    learner.check(scene)
    with pytest.raises(ValueError, match="640 particles; this task has 32"):
        learner.check(scene_of(0))
    wide = eqx.tree_at(lambda s: s.upper, scene, jnp.asarray([3.0, 1.0, 2.0]))
    with pytest.raises(ValueError, match="box"):
        learner.check(wide)
    fine = eqx.tree_at(lambda s: s.bodies[0].heights, scene, jnp.full((9, 9), 0.5))
    with pytest.raises(ValueError, match=r"25 x 25 heights; this task has a landscape of 9 x 9"):
        learner.check(fine)


@pytest.mark.parametrize("wrong", [{"rehearsal": 8}, {"updates": 0}, {"frames": 0}, {"flow": -1.0}])
def test_numbers_out_of_range_are_refused(wrong):
    with pytest.raises(ValueError, match="`WatercourseLearner` needs"):
        WatercourseLearner(CONFIG.world, MODEL, **wrong)


def test_data_that_are_not_there_are_refused(tmp_path):
    header = {"model": dataclasses.asdict(MODEL)}
    with pytest.raises(ValueError, match="There is no data set in"):
        CONFIG.world.learner(None, header, data=tmp_path / "none", out=tmp_path, updates=1, seed=0)


def test_fresh_weights_need_half_frames(folder, tmp_path):
    common = dataclasses.replace(CONFIG.training, held_out=1)
    fresh = dataclasses.replace(CONFIG, training=common)
    with pytest.raises(ValueError, match=r"`model.parts = 2` and data that record 1 of a frame"):
        TrainingRun(fresh, folder, tmp_path / "fresh")


@pytest.mark.slow  # compiles for long
def test_a_model_comes_nearer_to_what_it_is_taught(tmp_path):
    def simulator_of(seed):
        network = build_network(MODEL, key=jax.random.key(seed))
        return make_simulator(network, MODEL, UNITS, 0.025, ranges)

    ranges = ranges_of({"num_steps": 24, "dt": 0.025, "scenes": {"layers": 1}})
    teacher, pupil = simulator_of(1), simulator_of(2)
    played = [simulate(teacher, scene_of(index), 24)[0] for index in range(10)]
    taught = [Lesson(scene_of(index), frames) for index, frames in enumerate(played)]
    learner = WatercourseLearner(
        CONFIG.world, MODEL, tmp_path / "data", updates=60, frames=2, learning_rate=1e-2
    )
    learner.write(taught, tmp_path / "data")
    learner.write(taught[:2], tmp_path / "lessons")
    run = tmp_path / "out"
    learned = learner.learn(pupil, [tmp_path / "lessons"], run)

    def apart(simulator):
        found = simulate(simulator, scene_of(0), 24)[0].position
        return np.abs(found - played[0].position).mean()

    assert apart(learned) < 0.7 * apart(pupil)
    kept, found = (jax.tree.leaves(each.network)[0].sharding for each in (pupil, learned))
    assert found == kept  # else what was compiled for the pupil would not fit
    assert learned.dt == pupil.dt and learned.statistics == pupil.statistics
    again = learner.learn(pupil, [tmp_path / "lessons"], run)
    assert all(jax.tree.leaves(jax.tree.map(np.array_equal, again.network, learned.network)))
    learner.save(learned, tmp_path / "model.safetensors")
    loaded = load_model(tmp_path / "model.safetensors", build_simulator)
    assert all(jax.tree.leaves(jax.tree.map(np.array_equal, loaded.network, learned.network)))
