"""Boxes of another size at another place: what is measured moves and grows with them."""

import dataclasses
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from invdesign.families.water._data import ranges_of, water_scene
from invdesign.families.water._evaluate import SceneRecord, _moved, _scene_row, _solver
from invdesign.families.water._random import RandomWater, with_slots
from invdesign.scenes import ParticleFrame
from invdesign.training.particle import ParticleCourse, ParticleData
from invdesign.training.particle._batches import Sampler
from invdesign.training.particle._heldout import heldout_scores, occupancy, overlap
from invdesign.training.particle._sweep import sweep

UNIT = (np.zeros(2), np.ones(2))
OFFSET, SIZE = np.array([-12.0, 3.0]), np.array([3.0, 2.0])
MOVED = (OFFSET, OFFSET + 1.0)
LARGE = (OFFSET, OFFSET + SIZE)


def described(box):
    return {
        "dt": 0.01,
        "gravity": [0.0, -9.81],
        "bounds": [list(corner) for corner in box],
        "num_particles": 256,
        "num_steps": 2,
        "seed": 0,
        "scenes": {"obstacle_radius": 0.015, "spacing": 1 / 80, "speed": 1.0},
        "statistics": {"velocity": 0.01, "position_change": 1e-3, "velocity_change": 1e-3},
    }


def motion(offset):
    """Two trajectories of three frames, free flight in double precision, and their obstacles."""
    samples = [RandomWater().sample(np.random.default_rng(i), min_obstacles=1) for i in range(2)]
    position = np.stack([s["position"].astype(float) for s in samples])[:, None]
    velocity = np.repeat(np.stack([s["velocity"].astype(float) for s in samples])[:, None], 3, 1)
    time = 0.01 * np.arange(3)[None, :, None, None]
    segments = np.stack([s["segments"].astype(float) for s in samples])
    used = segments[:, :, :1, :1] > -1
    return {
        "position": position + time * velocity + offset,
        "velocity": velocity,
        "segments": np.where(used, segments + offset, segments),
    }


def sampler(config, box, offset):
    options = {"noise": 1e-4, "position_noise": 1e-4, "graphs_per_batch": 1, "seed": 0}
    return Sampler(motion(offset), described(box), config.model, **options)


def test_a_sweep_ends_at_the_walls_of_its_box():
    rng = np.random.default_rng(0)
    start, move, segments = rng.random((80, 2)), rng.normal(size=(80, 2)), rng.random((3, 2, 2))
    plain = sweep(start, 0.3 * move, segments, 0.015, dt=0.01, box=UNIT)
    there = sweep(start + OFFSET, 0.3 * move, segments + OFFSET, 0.015, dt=0.01, box=MOVED)
    np.testing.assert_allclose(there - OFFSET, plain, atol=1e-12)
    free = sweep(start + OFFSET, 0.3 * move, segments[:0], 0.015, dt=0.01, box=LARGE)
    assert (free[:, 0] > OFFSET[0] + 1).any() and (free >= OFFSET + 1e-3).all()


def test_a_batch_has_the_walls_and_obstacles_of_its_own_box(config):
    plain, there = sampler(config, UNIT, 0.0), sampler(config, MOVED, OFFSET)
    assert [len(s) for s in there.obstacles] == [len(s) for s in plain.obstacles]
    for seed in range(3):
        ours, theirs = (each.moment(np.random.default_rng(seed)) for each in (plain, there))
        ours.graph.nodes["ahead"] += OFFSET.astype(np.float32)
        jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, atol=2e-6), ours, theirs)
    # Three units of width leave the right wall out of reach.
    large = sampler(config, LARGE, OFFSET)
    assert large.walls.max(axis=(0, 1)).tolist() == (OFFSET + SIZE).tolist()
    assert sum(len(large.moment(np.random.default_rng(s)).particle) for s in range(9)) <= sum(
        len(plain.moment(np.random.default_rng(s)).particle) for s in range(9)
    )


def test_a_course_judges_in_the_box_of_its_data(config):
    about = described(LARGE)
    box = {"bounds": about["bounds"], "gravity": (0.0, -1.0)}
    scene = partial(water_scene, obstacle_radius=0.015, **box)
    data = ParticleData(motion(OFFSET), about, scene, ranges_of(about))
    course = ParticleCourse(config, data)
    assert course.scenes[0].lower.tolist() == LARGE[0].tolist()
    assert course.scenes[0].upper.tolist() == LARGE[1].tolist()
    assert course.scenes[0].gravity.tolist() == [0.0, -1.0]
    assert course.header()["ranges"]["upper"] == tuple(LARGE[1].tolist())


def test_occupancy_is_of_the_box():
    rng = np.random.default_rng(0)
    first, second = rng.random((2, 500, 2)) ** [[[1.0]], [[2.0]]]
    wanted = overlap(first, second, UNIT)
    assert 0.3 < wanted < 0.9
    at = [OFFSET + SIZE * each for each in (first, second)]
    assert overlap(*at, LARGE) == pytest.approx(wanted, abs=0.01)
    lost = np.where(rng.random((500, 1)) < 0.5, np.nan, at[0])
    assert occupancy(lost, LARGE).sum() == pytest.approx(np.isfinite(lost[:, 0]).mean())


def test_a_judge_looks_for_water_in_the_scenes_own_box():
    sample = {k: v[0] for k, v in motion(OFFSET).items()}
    start = {k: v[0] if k != "segments" else v for k, v in sample.items()}
    start = water_scene(start, 0.015, described(LARGE)["bounds"])
    assert _solver(0.01, [start]).extent == (3.0, 2.0)
    moved = _moved(start, np.random.default_rng(0)) - np.asarray(start.position)
    assert 2e-3 < np.abs(moved[:, 0]).max() <= 3.01e-3 and np.abs(moved[:, 1]).max() <= 2.01e-3
    frames = np.asarray(sample["position"], np.float32)
    slot = jnp.asarray(with_slots(np.zeros((0, 2, 2), np.float32), 1))
    empty = dataclasses.replace(start, segments=slot, segment_radius=jnp.full((1,), 0.015))
    row = _scene_row(SceneRecord(empty, frames, frames, frames), 2)
    assert row["num_outside"] == row["num_nonfinite"] == row["rollout_mse"] == 0
    assert row["occupancy_overlap"] == row["occupancy_floor"] == 1
    out = frames.copy()
    out[-1, 0] = LARGE[1] + 0.1
    out[-1, 1] = np.nan
    row = _scene_row(SceneRecord(empty, frames, frames, out), 2)
    assert row["num_outside"] == 1 and row["num_nonfinite"] == 1
    assert row["occupancy_overlap"] == pytest.approx(1 - 2 / 256)


def test_a_lost_particle_counts_at_the_boxs_corner(monkeypatch):
    sample = {k: v[0, 0] if k != "segments" else v[0] for k, v in motion(OFFSET).items()}
    start = water_scene(sample, 0.015, described(LARGE)["bounds"])
    truth = np.asarray(start.position)[None]
    lost = start.position.at[0].set(jnp.nan)[None]
    monkeypatch.setattr(
        "invdesign.training.particle._heldout.simulate",
        lambda simulator, scene, steps: (ParticleFrame(lost, lost), simulator, 0),
    )
    scores = heldout_scores(_solver(0.01, [start]), [start], truth[None])
    far = np.linalg.norm(truth[0, 0] - OFFSET) ** 2
    assert scores["rollout_mse"] == pytest.approx(far / 256, rel=1e-4)
