"""Other people's data: round trips, and files that are damaged or mean something else."""

import json
import os
import pickle
import shutil
import zipfile

import numpy as np
import pytest

from invdesign.io._foreign import open_particles
from invdesign.io._foreign._crc32c import crc32c
from invdesign.io._foreign._tfrecord import sequence_example
from invdesign.io._foreign._unpickle import unpickled

from .foreign_files import (
    bytes_feature,
    entry,
    falling,
    field,
    varint,
    write_h5,
    write_npz,
    write_tfrecord,
)

RUNS = falling()
WRITERS = {
    "learning-to-simulate": (write_tfrecord, "train.tfrecord"),
    "LagrangeBench": (write_h5, "train.h5"),
    "geoelements": (write_npz, "train.npz"),
}
LAYOUTS = pytest.mark.parametrize("layout", list(WRITERS))


def write(layout, folder, runs=RUNS, **options):
    return WRITERS[layout][0](folder, runs, **options)


def read(folder):
    return list(open_particles(folder).trajectories())


@pytest.mark.parametrize(
    ("data", "wanted"),
    [  # RFC 3720, B.4, and the usual check value
        (b"123456789", 0xE3069283),
        (bytes(32), 0x8A9136AA),
        (b"\xff" * 32, 0x62A8AB43),
        (bytes(range(32)), 0x46DD794E),
        (b"", 0),
        (b"a", 0xC1D04330),
    ],
)
def test_checksums_are_the_published_ones(data, wanted):
    assert crc32c(data) == wanted


def test_long_data_has_the_checksum_that_byte_after_byte_has():
    data = np.random.default_rng(0).integers(0, 256, 5000, np.uint8).tobytes()
    register = 0xFFFFFFFF
    for byte in data:
        register ^= byte
        for _ in range(8):
            register = register >> 1 ^ (0x82F63B78 if register & 1 else 0)
    assert crc32c(data) == register ^ 0xFFFFFFFF


@LAYOUTS
def test_what_was_written_is_read(layout, tmp_path):
    folder = write(layout, tmp_path / "data")
    data = open_particles(folder)
    assert data.layout == layout
    assert (data.lower, data.upper) == ((0.0, 0.0), (1.0, 1.0))
    assert data.dt == pytest.approx(0.01)
    assert data.radius == 0.05 and not data.is_periodic
    found = read(folder)
    assert len(found) == len(RUNS)
    for (position, kinds), wanted in zip(found, RUNS, strict=True):
        np.testing.assert_array_equal(position, wanted)
        assert set(kinds.tolist()) <= set(data.fluid) and len(kinds) == wanted.shape[1]


@pytest.mark.parametrize("options", [{"together": True}, {"scalar": True}])
def test_the_other_shapes_of_geoelements(options, tmp_path):
    found = read(write_npz(tmp_path / "data", RUNS, **options))
    for (position, kinds), wanted in zip(found, RUNS, strict=True):
        np.testing.assert_array_equal(position, wanted)
        assert (kinds == 5).all()


def test_metadata_by_use(tmp_path):
    folder = write_npz(tmp_path / "data", RUNS)
    flat = json.loads((folder / "metadata.json").read_text())
    (folder / "metadata.json").write_text(json.dumps({"train": flat, "rollout": {}}))
    assert open_particles(folder).dt == 0.01


@LAYOUTS
def test_a_file_that_is_cut_off(layout, tmp_path):
    folder = write(layout, tmp_path / "data")
    path = folder / WRITERS[layout][1]
    whole = path.read_bytes()
    for size in (len(whole) - 3, len(whole) // 2, 5):
        path.write_bytes(whole[:size])
        with pytest.raises(ValueError, match=str(path)):
            read(folder)


def test_every_bit_of_a_record_counts(tmp_path):
    folder = write_tfrecord(tmp_path / "data", RUNS[:1])
    path = folder / "train.tfrecord"
    whole = path.read_bytes()
    for place in (0, 9, 12, 40, len(whole) // 2, len(whole) - 1):
        broken = bytearray(whole)
        broken[place] ^= 0x10
        path.write_bytes(broken)
        with pytest.raises(ValueError, match=r"damaged|cut off"):
            read(folder)


@pytest.mark.parametrize("seed", range(20))
def test_flipped_bits_of_archives_are_one_sentence_or_change_nothing(seed, tmp_path):
    for layout in ("LagrangeBench", "geoelements"):
        folder = write(layout, tmp_path / layout)
        path = folder / WRITERS[layout][1]
        broken = bytearray(path.read_bytes())
        rng = np.random.default_rng(seed)
        broken[rng.integers(len(broken))] ^= 1 << rng.integers(8)
        path.write_bytes(broken)
        try:
            read(folder)  # HDF5 has no checksums: a changed number is a number
        except ValueError as error:
            assert str(path) in str(error)


@LAYOUTS
@pytest.mark.parametrize(
    ("metadata", "said"),
    [
        ({"dt": 0}, "`dt`, a number above 0"),
        ({"dt": "fast"}, "`dt`, a number above 0"),
        ({"default_connectivity_radius": None}, "default_connectivity_radius"),
        ({"bounds": [[0, 1], [1, 0]]}, "`bounds`"),
        ({"bounds": [0, 1]}, "`bounds`"),
        ({"dim": 3}, "`bounds`"),
    ],
)
def test_metadata_that_make_no_sense(layout, metadata, said, tmp_path):
    with pytest.raises(ValueError, match=said):
        open_particles(write(layout, tmp_path / "data", **metadata))


def test_metadata_or_data_that_are_missing(tmp_path):
    folder = write_tfrecord(tmp_path / "data", RUNS)
    (folder / "metadata.json").unlink()
    with pytest.raises(ValueError, match=r"metadata\.json"):
        open_particles(folder)
    with pytest.raises(ValueError, match="holds 0 of them"):
        open_particles(tmp_path)
    shutil.copy(write_npz(tmp_path / "other", RUNS) / "train.npz", folder)
    with pytest.raises(ValueError, match="holds 2 of them"):
        open_particles(folder)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"sequence_length": 12}, "10 frames, and the metadata say 12"),
        ({"kinds": [np.full(5, 5)] * 3}, "12 particles and types of the shape"),
        ({"bounds": [[0, 1]] * 3, "dim": 3}, r"positions \(time, particle, 3\)|is no trajectory"),
    ],
)
def test_records_that_do_not_fit_their_metadata(options, said, tmp_path):
    runs = [run[:, :11] if "bounds" in options else run for run in RUNS]
    if "bounds" in options:
        options = {**options, "kinds": [np.full(11, 5)] * 3}
    with pytest.raises(ValueError, match=said):
        read(write_tfrecord(tmp_path / "data", runs, **options))


def test_numbers_that_are_none(tmp_path):
    runs = [run.copy() for run in RUNS]
    runs[1][3, 2, 0] = np.nan
    with pytest.raises(ValueError, match="trajectory 1 has positions that are not finite"):
        read(write_npz(tmp_path / "data", runs))


def test_messages_that_are_none():
    good = field(1, entry("particle_type", bytes_feature(b"x")))
    assert sequence_example(good)[0] == {"particle_type": [b"x"]}
    packed = field(1, entry("n", field(3, field(1, varint(3) + varint(2**64 - 1)))))
    assert sequence_example(packed)[0] == {"n": [3, -1]}
    for broken in (good[:-1], b"\x0b", b"\xff" * 11, field(1, b"\x0a\x05ab")):
        with pytest.raises(ValueError, match=r"cut off|unknown kind|too long"):
            sequence_example(broken)


class Run:
    """A pickle that runs a command when it is read as pickles are."""

    def __init__(self, command):
        self.command = command

    def __reduce__(self):
        return os.system, (self.command,)


def test_a_malicious_pickle_is_refused_by_what_it_asks_for(tmp_path):
    mark = tmp_path / "mark"
    evil = np.empty(2, object)
    evil[0], evil[1] = RUNS[0], Run(f"touch {mark}")
    folder = write_npz(tmp_path / "data", RUNS)
    np.savez(folder / "train.npz", simulation_trajectory_0=evil)
    with pytest.raises(ValueError, match=r"posix\.system") as error:
        read(folder)
    assert str(folder / "train.npz") in str(error.value)
    assert not mark.exists()


@pytest.mark.parametrize("protocol", [3, 4, 5])
def test_trees_of_arrays(protocol):
    tree = {
        "a": {"w": np.arange(6, dtype=np.float32).reshape(2, 3), "t": (1, "x", np.int8([2]))},
        "b": np.asfortranarray(np.arange(6.0).reshape(2, 3)),
        "c": np.arange(3, dtype=">i4"),
    }
    found = unpickled(pickle.dumps(tree, protocol))
    np.testing.assert_array_equal(found["a"]["w"], tree["a"]["w"])
    np.testing.assert_array_equal(found["b"], tree["b"])
    np.testing.assert_array_equal(found["c"], tree["c"])
    assert found["a"]["t"][:2] == (1, "x")


def doubled(levels):
    tree = {"x": 1}
    for _ in range(levels):
        tree = {"x": tree, "y": tree}
    return tree


@pytest.mark.parametrize(
    ("thing", "said"),
    [
        ({"x": 1.5}, "it holds a float"),
        ({"x": [1]}, "it holds a list"),
        ({"x": None}, "it holds a NoneType"),
        ({"x": print}, "builtins.print"),
        ({"x": np.float64(2)}, "scalar"),
        ({"x": np.dtype("f4")}, "it holds a Type"),
        ({"x": np.array(["a"])}, "an array of the type 'U1'"),
        ({"x": np.array([(1, 2)], [("a", int), ("b", int)])}, "an array|a type"),
        ({1.5: 1}, "it holds a dict"),
        (doubled(40), "more than 20000 values"),
    ],
)
def test_what_else_pickles_hold(thing, said):
    with pytest.raises(pickle.UnpicklingError, match=said):
        unpickled(pickle.dumps(thing))


@pytest.mark.parametrize(
    "program",
    [
        b"",
        b"\x80\x04N",
        b"cnumpy\nndarray\n(I100000000\ntR.",  # an array of that size, made by its class
        b"cnumpy._core.multiarray\n_reconstruct\n(tR(I1\n(I5\ntcnumpy\ndtype\n(S'f8'\ntRI00\nS'x'\ntb.",
        b"Pelsewhere\n.",
        b"cnumpy\nndarray\n}S'x'\nI1\nsb.",
    ],
)
def test_programs_that_make_no_array(program):
    with pytest.raises(pickle.UnpicklingError):
        unpickled(program)


def test_an_archive_that_claims_more_than_it_can_hold(tmp_path):
    folder = write_npz(tmp_path / "data", RUNS)
    with zipfile.ZipFile(folder / "train.npz", "w") as archive:
        archive.writestr("simulation_trajectory_0.npy", b"no array")
    with pytest.raises(ValueError, match="is no array"):
        read(folder)
