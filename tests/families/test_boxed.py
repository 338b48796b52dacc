"""The families of balls in a box: their data, their course, their judge, their pictures."""

import dataclasses

import jax
import numpy as np
import pytest

from invdesign.families import Candidate
from invdesign.families._boxed_evaluate import (
    PERTURBATION,
    BoxedRecords,
    held_out_scenes,
    twins,
)
from invdesign.families._boxed_kept import energy, overlap, stretch
from invdesign.families._registry import build_simulator, load_config
from invdesign.families.balls import BALLS
from invdesign.families.balls._balls import RandomBalls
from invdesign.families.rigids import RIGIDS
from invdesign.families.rigids._rigids import RandomRigids
from invdesign.families.rope._data import load_ropes
from invdesign.io import save_weights
from invdesign.io._reading import read_json
from invdesign.io._resources import pretrained_dir
from invdesign.scenes._balls import ABSENT
from invdesign.simulators.constraint._build import ConstraintModelConfig
from invdesign.studies._registry import load_task
from invdesign.training import SeededData, TrainingConfig
from invdesign.training._config import CommonConfig
from invdesign.training._update import initial_state
from invdesign.training.constraint import ConstraintCourse, FurtherFramesConfig
from invdesign.training.constraint._course import rollout_errors, simulated
from invdesign.training.constraint._samples import _tempered

pytest.importorskip("mujoco")
NUM_STEPS = 12
FAMILIES = {"rigids": RIGIDS, "balls": BALLS}


@pytest.fixture(scope="module", params=FAMILIES)
def family(request):
    return FAMILIES[request.param]


@pytest.fixture(scope="module")
def data(family, tmp_path_factory):
    out = tmp_path_factory.mktemp(family.name) / "data"
    return family.training.world.generate(out, num_trajectories=5, seed=0, num_steps=NUM_STEPS)


@pytest.fixture(scope="module")
def course(family, data):
    stage = load_config(pretrained_dir() / "configs" / f"{family.name}.toml").stages[0]
    config = TrainingConfig(
        name="tiny",
        model=ConstraintModelConfig(4, 1, 2, "gradient", 2, 0.1, residuals=2),
        data=SeededData(5, 0),
        training=CommonConfig(clip=1.0, seed=0, held_out=2),
        stages=(dataclasses.replace(stage, steps=10, scenes_per_batch=3, late=2),),
        world=family.training,
    )
    return family.training.course(config, data)


def test_data_are_mujocos(family, data):
    world = family.training.world
    found = world.load(data)
    again = world.simulated(world.scenes.sample(np.random.default_rng([0, 4])), NUM_STEPS)
    for key, rows in again.items():
        np.testing.assert_array_equal(found.arrays[key][4], rows)
    assert found.described["dt"] == 0.01 and found.ranges.size == (1.0, 1.0)
    assert found.arrays["positions"].shape[:2] == (5, NUM_STEPS + 1)
    with pytest.raises(ValueError, match="not of `rope`"):
        load_ropes(data)


def test_random_scenes_begin_in_the_box_and_apart(family):
    world = family.training.world
    for scenes in (world.scenes, world.larger):
        rows = [scenes.sample(np.random.default_rng(seed)) for seed in range(20)]
        stacked = {key: np.stack([row[key] for row in rows]) for key in rows[0]}
        assert overlap(stacked["position"][:, None], stacked) == 0
        there = stacked["body"] != ABSENT
        assert (there.sum(axis=1) == world.larger.padded).all() or scenes is world.scenes
        assert not stacked["position"][~there].any()
    numbers = {int((row["body"] != ABSENT).sum()) for row in rows}
    assert numbers == {world.larger.padded}


def test_a_body_of_random_rigids_moves_as_one():
    arrays = RandomRigids((6, 6)).sample(np.random.default_rng(1))
    arm = arrays["position"] - arrays["position"][0]
    between = arrays["velocity"] - arrays["velocity"][0]
    np.testing.assert_allclose((arm * between).sum(axis=1), 0, atol=1e-6)


def test_too_many_balls_do_not_fit():
    with pytest.raises(ValueError, match="do not fit"):
        RandomBalls((60, 60), 60, (0.1, 0.1)).sample(np.random.default_rng(0))


def test_an_update_learns_and_the_judge_runs(course):
    stage, state = course.stages()[0], initial_state(course.config, course.network())
    first, again = stage.sampler.batch(3, 0), stage.sampler.batch(3, 0)
    jax.tree.map(np.testing.assert_array_equal, first, again)
    batch, losses = jax.tree.map(lambda x: x[None], first), []
    for _ in range(8):
        state, (loss, left_out) = stage.update(state, batch)
        losses.append(float(loss))
    assert np.isfinite(losses).all() and losses[-1] < losses[0] and float(left_out) == 0
    found = course.judge(course.simulator(jax.device_get(state.average)))
    assert 0 <= found["skill"] <= 1


def test_a_header_builds_the_same_simulator(family, course):
    model = course.simulator(course.network())
    built = build_simulator({"family": family.name, **course.header()})
    assert built.solver == model.solver and built.ranges == model.ranges
    assert built.view == model.view and jax.tree.structure(built) == jax.tree.structure(model)


def test_overlap_stretch_and_energy_are_those_of_known_scenes():
    scenes = {
        "radius": np.full((1, 3), 0.1),
        "mass": np.full((1, 3), 2.0),
        "body": np.asarray([[0, 0, 1]]),
        "lower": np.zeros((1, 2)),
        "upper": np.ones((1, 2)),
        "positions": np.asarray([[[[0.3, 0.5], [0.4, 0.5], [0.7, 0.5]]]]),
    }
    still = np.repeat(scenes["positions"], 3, axis=1)
    # The first two are one body, which may overlap; the third is 0.1 m from the second's surface.
    assert overlap(still, scenes) == 0 and stretch(still, scenes) == 0
    near = still.copy()
    near[:, :, 2, 0] = 0.55
    assert overlap(near, scenes) == pytest.approx(0.5)
    near[:, :, 2] = [0.97, 0.5]
    assert overlap(near, scenes) == pytest.approx(0.7)
    near[:, :, 1, 0] = 0.45
    assert stretch(near, scenes) == pytest.approx(0.5)
    assert energy(still, scenes) == pytest.approx(3 * 2 * 9.81 * 0.4)
    flying = still + 0.02 * np.arange(3)[None, :, None, None] * np.asarray([1.0, 0.0])
    assert energy(flying, scenes) == pytest.approx(3 * 2 * (9.81 * 0.4 + 0.5 * 4))


def test_half_of_the_samples_may_be_early_frames(course):
    stage = dataclasses.replace(course.config.stages[0], early=3, first=0.0, noise=0.0)
    config = dataclasses.replace(course.config, stages=(stage,))
    sampler = ConstraintCourse(config, course.data).stages()[0].sampler
    known = np.concatenate([course.learned["positions"][:, k] for k in range(3)])
    seen = np.concatenate([sampler.batch(step, 0).position for step in range(100)])
    early = [bool((np.abs(known - one).max(axis=(1, 2)) == 0).any()) for one in seen]
    # Half of them by choice, and of the rest those of the first 3 of 12 frames.
    assert np.mean(early) == pytest.approx(0.5 + 0.5 * 3 / NUM_STEPS, abs=0.1)


def test_mirrored_samples_are_those_of_mirrored_scenes(course):
    plain = dataclasses.replace(course.config.stages[0], noise=0.0, near=0.0)
    both = [
        dataclasses.replace(course.config, stages=(dataclasses.replace(plain, mirrored=share),))
        for share in (0.0, 1.0)
    ]
    ours, theirs = (
        ConstraintCourse(each, course.data).stages()[0].sampler.batch(0, 0) for each in both
    )
    there = course.examples.free(ours.scene)[..., None]
    box, flip = np.asarray([1.0, 0.0], np.float32), np.asarray([-1.0, 1.0], np.float32)
    np.testing.assert_allclose(
        ours.position * there, (box + flip * theirs.position) * there, atol=1e-7
    )
    np.testing.assert_allclose(ours.moved, theirs.moved * flip, atol=2e-7)
    np.testing.assert_allclose(ours.answer, theirs.answer * flip, atol=2e-3)
    np.testing.assert_array_equal(ours.scene["velocity"], theirs.scene["velocity"] * flip)
    assert np.abs(ours.scene["velocity"][..., 0]).max() > 0.1


def test_a_further_stage_goes_on_with_settings_of_its_own(course):
    first = course.config.stages[0]
    further = FurtherFramesConfig(**{**dataclasses.asdict(first), "outlier": 0.3})
    config = dataclasses.replace(course.config, stages=(first, further))
    assert config.goes_on_from(course.config.as_dict())
    stages = ConstraintCourse(config, course.data).stages()
    batch = jax.tree.map(lambda x: x[None], stages[0].sampler.batch(0, 0))
    (squares, _), (tempered, _) = (
        stage.update(initial_state(config, course.network()), batch)[1] for stage in stages
    )
    assert 0 < float(tempered) < float(squares)


def test_outliers_count_in_proportion_and_the_rest_by_squares():
    squared = jax.numpy.asarray([1e-2, 1e4, 4e4], np.float32)
    np.testing.assert_array_equal(_tempered(squared, 0.0), squared)
    found = np.asarray(_tempered(squared, 0.5))
    assert found[2] / found[1] == pytest.approx(2, rel=0.01)
    assert float(_tempered(squared, 10.0)[0]) == pytest.approx(1e-2, rel=1e-3)


def test_rollouts_are_judged_over_the_horizon(course):
    examples = dataclasses.replace(course.examples, horizon=3)
    short = ConstraintCourse(course.config, dataclasses.replace(course.data, examples=examples))
    model = course.simulator(course.network())
    found = simulated(model, course.examples, course.judged, 3)
    free = course.examples.free(course.judged)
    errors = rollout_errors(found, course.judged["positions"][:, :4], free)
    assert short.judge(model)["rollout_error"] == pytest.approx(float(np.median(errors)))


def test_twins_begin_a_little_off_and_errors_over_time_are_distances(family):
    world = family.training.world
    truth = held_out_scenes(world, world.scenes, 0, 2, 5)
    twin, there = twins(world, truth, 0), world.examples.free(truth)
    assert not twin[~np.broadcast_to(there[:, None], twin.shape[:3])].any()
    off = np.abs(twin[:, 0] - truth["positions"][:, 1])
    assert 0 < off.max() < 3 * PERTURBATION
    model = truth["positions"][:, 1:] + np.asarray([0.03, 0.04], np.float32)
    record = BoxedRecords(truth, model, twin, there, np.zeros(2))
    np.testing.assert_allclose(record.over_time(model), 0.05, rtol=1e-3)
    assert record.over_time(np.full_like(model, np.nan))[0] == np.inf
    assert record.over_time(record.still())[-1] > record.over_time(record.still())[0] > 0


@pytest.mark.slow
def test_a_report_has_a_card_and_pictures(family, course, tmp_path):
    path, model = tmp_path / "tiny.safetensors", course.simulator(course.network())
    save_weights(path, model, {"family": family.name, **course.header()})
    candidate = Candidate(model, path, tmp_path / "card", "A note.", load_task)
    found = family.judge(scenes=2, steps=4, iterations=5).report(candidate)
    assert set(family.judge().errors) <= found.numbers.keys()
    text = (tmp_path / "card" / "card.md").read_text()
    assert "A note." in text and f"| {family.training.world.sizes[1]} |" in text
    assert len(list((tmp_path / "card").glob("*.png"))) == 4
    read_json(tmp_path / "card" / "metrics.json")
