"""Random scenes and data sets: legal, reproducible, resumable, never overwritten."""

import numpy as np
import pytest

from invdesign._host_geometry import segment_delta, segment_distance
from invdesign.families.water._data import generate_water, load_water
from invdesign.families.water._held_out import held_out_scenes
from invdesign.families.water._random import NUM_PARTICLES, RandomWater, random_water
from invdesign.io._sealed import read_sealed, write_sealed


@pytest.mark.parametrize("seed", range(12))
def test_scenes_are_legal(seed):
    water = RandomWater()
    sample = water.sample(np.random.default_rng(seed))
    position, segments = sample["position"], sample["segments"]
    assert position.shape == (NUM_PARTICLES, 2) and segments.shape == (16, 2, 2)
    assert position.min() >= 0 and position.max() <= 1
    assert segment_distance(position, segments).min() > water.obstacle_radius
    distance = np.linalg.norm(position[:, None] - position[None], axis=-1)
    assert distance[~np.eye(len(position), dtype=bool)].min() > 0.7 * water.spacing
    real = segments[segments[:, 0, 0] > 0]
    assert real.size == 0 or (real.min() > 0.02 and real.max() < 0.98)


def test_scenes_differ_and_hold_every_kind():
    water = RandomWater()
    samples = [water.sample(np.random.default_rng(i)) for i in range(40)]
    counts = {int((s["segments"][:, 0, 0] > 0).sum()) for s in samples}
    assert 0 in counts and max(counts) > 5
    assert {bool(s["velocity"].any()) for s in samples} == {True, False}


def test_a_share_of_the_scenes_is_cluttered():
    water = random_water(0.5)
    samples = [water.sample(np.random.default_rng(i)) for i in range(40)]
    counts = np.array([(s["segments"][:, 0, 0] > 0).sum() for s in samples])
    assert 5 < (counts > 12).sum() < 35 and counts.max() > 30
    for sample in samples:
        distance = segment_distance(sample["position"], sample["segments"])
        assert distance.min() > water.obstacle_radius
    # Without clutter nothing is drawn: older data sets keep their bytes.
    plain = RandomWater().sample(np.random.default_rng(3))
    again = random_water(0.0).sample(np.random.default_rng(3))
    np.testing.assert_array_equal(plain["segments"], again["segments"])


def test_segment_delta_points_from_the_closest_point():
    segments = np.array([[[0.0, 0.0], [1.0, 0.0]]])
    points = np.array([[0.5, 0.3], [2.0, 0.0], [-3.0, 4.0]])
    np.testing.assert_allclose(
        segment_delta(points, segments)[:, 0], [[0, 0.3], [1, 0], [-3, 4]], atol=1e-12
    )


def test_the_same_seed_gives_the_same_bytes(data, tmp_path):
    again = generate_water(tmp_path / "again", num_trajectories=3, seed=4, num_steps=8)
    for name in ("shard-00000.npz", "metadata.json"):
        assert (again / name).read_bytes() == (data / name).read_bytes()


def test_load_water_declares_units_and_statistics(data):
    arrays, described = load_water(data)
    assert arrays["position"].shape == (3, 9, NUM_PARTICLES, 2)
    assert described["units"] == {"length": "m", "time": "s"}
    assert described["dt"] == 0.01 and described["seed"] == 4
    assert set(described["statistics"]) == {"velocity", "position_change", "velocity_change"}
    assert min(described["statistics"].values()) > 0
    # The first frame is the scene's, the second a free fall or a contact later.
    assert arrays["velocity"].shape == arrays["position"].shape
    step = arrays["position"][:, 1] - arrays["position"][:, 0]
    assert np.abs(step - 0.01 * arrays["velocity"][:, 0]).max() < 0.05


def test_generation_goes_on_where_it_stopped(data):
    before = (data / "shard-00000.npz").stat().st_mtime_ns
    generate_water(data, num_trajectories=3, seed=4, num_steps=8)
    assert (data / "shard-00000.npz").stat().st_mtime_ns == before


def test_other_settings_and_other_content_are_refused(data, tmp_path):
    with pytest.raises(ValueError, match=r"of other settings \(seed 4, wanted 5\)"):
        generate_water(data, num_trajectories=3, seed=5, num_steps=8)
    with pytest.raises(ValueError, match=r"\(scenes: num_segments 16, wanted 48\)"):
        water = random_water(0.5)
        generate_water(data, num_trajectories=3, seed=4, num_steps=8, water=water)
    (tmp_path / "diary.txt").write_text("mine")
    with pytest.raises(ValueError, match="is not empty"):
        generate_water(tmp_path, num_trajectories=1, seed=0)
    assert (tmp_path / "diary.txt").read_text() == "mine"
    with pytest.raises(ValueError, match="at least one simulation, got 0"):
        generate_water(tmp_path / "x", num_trajectories=0, seed=0)


def test_an_unfinished_data_set_is_refused(data, tmp_path):
    described = read_sealed(data / "metadata.json")
    del described["statistics"]
    write_sealed(tmp_path / "metadata.json", described)
    with pytest.raises(ValueError, match="is not complete; the same"):
        load_water(tmp_path)


def test_held_out_scenes_have_tools_of_their_own():
    scenes = held_out_scenes(0, 12)
    water = RandomWater()
    longest_smooth = 0
    for scene in scenes:
        segments = np.asarray(scene.segments)
        real = segments[segments[:, 0, 0] > 0]
        assert real.size and real.min() > 0.02 and real.max() < 0.98
        position = np.asarray(scene.position)
        assert segment_distance(position, real).min() > water.obstacle_radius
        joined = np.all(real[1:, 0] == real[:-1, 1], axis=-1)
        longest_smooth = max(longest_smooth, _longest_run(joined) + 1)
    assert longest_smooth > 5  # training's polylines end after five links
    other = held_out_scenes(1, 1)[0]
    assert not np.array_equal(other.position, scenes[0].position)


def test_no_held_out_scenes_are_refused():
    with pytest.raises(ValueError, match="at least 1"):
        held_out_scenes(0, 0)


def _longest_run(flags):
    longest = run = 0
    for flag in flags:
        run = run + 1 if flag else 0
        longest = max(longest, run)
    return longest
