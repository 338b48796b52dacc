"""Data of others as data that simulators of water learn from, and why some are refused."""

import json

import numpy as np
import pytest

from invdesign.families import families
from invdesign.families.water._data import load_water, ranges_of
from invdesign.io._foreign import open_particles
from invdesign.training._shards import is_imported

from ..io.foreign_files import falling, write_h5, write_npz, write_tfrecord

RUNS = falling()
IMPORTER = families()["water"].importer


def take(folder, out, most=100, **options):
    made = IMPORTER(**options)
    return made.write(open_particles(folder), out, most=most, progress=lambda done, total: None)


@pytest.mark.parametrize("write", [write_tfrecord, write_h5, write_npz])
def test_every_format_becomes_the_same_data(write, tmp_path):
    report = take(write(tmp_path / "theirs", RUNS), tmp_path / "ours")
    arrays, described = load_water(tmp_path / "ours")
    np.testing.assert_array_equal(arrays["position"], np.stack(RUNS)[:, 1:])
    moves = np.diff(np.stack(RUNS), axis=1) / 0.01
    np.testing.assert_allclose(arrays["velocity"], moves, rtol=1e-5, atol=1e-4)
    assert arrays["segments"].shape == (3, 0, 2, 2)
    assert described["bounds"] == [[0.0, 0.0], [1.0, 1.0]]
    assert described["dt"] == pytest.approx(0.01)
    np.testing.assert_allclose(described["gravity"], [0.0, -9.81], atol=0.05)  # measured
    assert described["scenes"]["spacing"] == pytest.approx(0.02, rel=1e-3)
    assert report.numbers["trajectories"] == 3 and report.numbers["left_out"] == 0
    assert is_imported(tmp_path / "ours")
    assert ranges_of(described).num_particles == 12


def test_every_so_many_frames_and_so_many_trajectories(tmp_path):
    folder = write_npz(tmp_path / "theirs", falling(number=5, frames=20))
    take(folder, tmp_path / "ours", most=2, every=3, gravity=2.0)
    arrays, described = load_water(tmp_path / "ours")
    assert arrays["position"].shape == (2, 6, 12, 2)
    assert described["dt"] == pytest.approx(0.03)
    assert described["gravity"] == [0.0, -2.0]


def test_one_number_of_particles_alone(tmp_path):
    runs = [*falling(2), *falling(1, particles=9), *falling(1, seed=2)]
    folder = write_npz(tmp_path / "theirs", runs)
    with pytest.raises(
        ValueError, match=r"trajectory 2 has 9 particles and others 12.*`--particles"
    ):
        take(folder, tmp_path / "ours")
    assert [each.name for each in tmp_path.iterdir()] == ["theirs"]  # nothing is left behind
    report = take(folder, tmp_path / "ours", particles=12)
    assert (report.numbers["trajectories"], report.numbers["left_out"]) == (3, 1)
    with pytest.raises(ValueError, match="no trajectory of 13 particles"):
        take(folder, tmp_path / "others", particles=13)


def test_what_simulators_of_water_do_not_know(tmp_path):
    periodic = {"periodic_boundary_conditions": [True, False]}
    with pytest.raises(ValueError, match="is periodic"):
        take(write_h5(tmp_path / "a", RUNS, **periodic), tmp_path / "ours")
    deep = {"bounds": [[0, 1]] * 3, "dim": 3}
    with pytest.raises(ValueError, match="3 dimensions"):
        take(write_npz(tmp_path / "b", falling(dim=3), **deep), tmp_path / "ours")
    ramps = [np.r_[np.full(8, 5), np.full(4, 3)]] * 3
    with pytest.raises(ValueError, match=r"types \[3, 5\].*single fluid"):
        take(write_tfrecord(tmp_path / "c", RUNS, ramps), tmp_path / "ours")
    mixed = [np.full(12, 5), np.full(12, 6), np.full(12, 5)]
    with pytest.raises(ValueError, match=r"trajectory 1 has particles of the types \[5, 6\]"):
        take(write_tfrecord(tmp_path / "d", RUNS, mixed), tmp_path / "ours")
    with pytest.raises(ValueError, match="beyond the box"):
        take(write_npz(tmp_path / "e", RUNS, bounds=[[0, 1], [0.6, 1]]), tmp_path / "ours")
    assert not (tmp_path / "ours").exists()


def test_an_old_folder_is_kept(tmp_path):
    folder = write_npz(tmp_path / "theirs", RUNS)
    (tmp_path / "ours").mkdir()
    with pytest.raises(ValueError, match="exists already"):
        take(folder, tmp_path / "ours")


def test_a_damaged_end_leaves_nothing(tmp_path):
    folder = write_tfrecord(tmp_path / "theirs", RUNS)
    path = folder / "train.tfrecord"
    path.write_bytes(path.read_bytes()[:-5])
    with pytest.raises(ValueError, match="cut off in record 2"):
        take(folder, tmp_path / "ours")
    assert [each.name for each in tmp_path.iterdir()] == ["theirs"]


def test_metadata_say_where_they_are_from(tmp_path):
    take(write_npz(tmp_path / "theirs", RUNS), tmp_path / "ours")
    described = json.loads((tmp_path / "ours" / "metadata.json").read_text())
    assert described["imported"] == {"layout": "geoelements", "file": "train.npz", "every": 1}
