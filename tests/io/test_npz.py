"""Archives of arrays: what was written is read, and nothing is unpacked that claims too much."""

import io as memory
import struct
import zipfile

import jax.numpy as jnp
import numpy as np
import pytest
from numpy.lib import format as npy

from invdesign.io._npz import read_npz, write_npz


def test_npz_round_trip_and_equal_bytes(tmp_path):
    arrays = {"x": jnp.arange(6.0).reshape(2, 3), "y": np.array([True, False])}
    first = write_npz(tmp_path / "a.npz", **arrays)
    second = write_npz(tmp_path / "b.npz", **arrays)
    assert first.read_bytes() == second.read_bytes()
    back = read_npz(first)
    assert set(back) == {"x", "y"}
    assert back["x"].dtype == np.float32
    np.testing.assert_array_equal(back["x"], np.asarray(arrays["x"]))


@pytest.mark.parametrize("keep", [0, 10, 200])
def test_truncated_npz_is_named(tmp_path, keep):
    path = write_npz(tmp_path / "a.npz", x=np.arange(1000))
    path.write_bytes(path.read_bytes()[:keep])
    with pytest.raises(ValueError, match=r"a\.npz` is not a readable \.npz file"):
        read_npz(path)


def test_pickled_npz_is_refused(tmp_path):
    np.savez(tmp_path / "a.npz", x=np.array([{"code": 1}], dtype=object))
    with pytest.raises(ValueError, match="is not a readable"):
        read_npz(tmp_path / "a.npz")


def test_a_bare_array_is_refused(tmp_path):
    with open(tmp_path / "a.npz", "wb") as file:
        np.save(file, np.ones(3))
    with pytest.raises(ValueError, match="is not a readable"):
        read_npz(tmp_path / "a.npz")


def member(array=None, shape=None, descr="<f8"):
    """An array as a file, or the head of one that claims a shape."""
    file = memory.BytesIO()
    if array is not None:
        npy.write_array(file, array)
    else:
        npy.write_array_header_1_0(file, {"descr": descr, "fortran_order": False, "shape": shape})
    return file.getvalue()


def archive(path, members, compression=zipfile.ZIP_DEFLATED):
    with zipfile.ZipFile(path, "w", compression) as file:
        for name, data in members:
            file.writestr(name, data)
    return path


def set_flag(path, flag):
    """Set a bit of the flags of every member, in the directory and before the data."""
    data = bytearray(path.read_bytes())
    for signature, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        start = data.find(signature)
        while start >= 0:
            data[start + offset] |= flag
            start = data.find(signature, start + 4)
    path.write_bytes(data)


ONE = member(np.arange(6.0))
ARCHIVES = {
    "terabytes": ([("x.npy", member(shape=(2**40,)))], "claims 8796093022"),
    "overflow": ([("x.npy", member(shape=(2**62, 2**62)))], "claims"),
    "negative": ([("x.npy", member(shape=(-1,)) + b"12345678")], "claims"),
    "bomb": ([("x.npy", member(shape=(2**17,)) + bytes(2**20))], "more than 65536 bytes"),
    "longer": ([("x.npy", ONE + b"0")], "claims 176 bytes and has 177"),
    "twice": ([("x.npy", ONE), ("x.npy", ONE)], "there twice"),
    "text": ([("x.txt", b"hello")], "is no array"),
    "no array": ([("x.npy", b"hello, world")], "magic string is not correct"),
    "format": ([("x.npy", ONE[:6] + b"\x09" + ONE[7:])], "has the format"),
    "dates": ([("x.npy", member(np.asarray(["2020-01-01"], "M8[D]")))], "no numbers but datetime"),
    "structure": ([("x.npy", member(np.zeros(1, [("a", "f8")])))], "no numbers but"),
}


@pytest.mark.filterwarnings("ignore:Duplicate name")
@pytest.mark.parametrize("name", ARCHIVES)
def test_what_is_not_what_it_says_is_refused(tmp_path, name):
    members, message = ARCHIVES[name]
    path = archive(tmp_path / "a.npz", members)
    with pytest.raises(ValueError, match=rf"a\.npz`.*{message}"):
        read_npz(path, limit=2**16)


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_another_compression_is_refused(tmp_path, method):
    path = archive(tmp_path / "a.npz", [("x.npy", ONE)], method)
    with pytest.raises(ValueError, match="packed in an unknown way"):
        read_npz(path)


def test_an_encrypted_archive_is_refused(tmp_path):
    path = archive(tmp_path / "a.npz", [("x.npy", ONE)])
    set_flag(path, 0x1)
    with pytest.raises(ValueError, match="`x` is encrypted"):
        read_npz(path)


def test_a_size_that_cannot_be_is_refused_before_unpacking(tmp_path):
    path = archive(tmp_path / "a.npz", [("x.npy", ONE)])
    data = bytearray(path.read_bytes())
    data[data.find(b"PK\x01\x02") + 24 :][:4] = struct.pack("<I", 2**31)
    start = data.find(b"PK\x01\x02") + 24
    data[start : start + 4] = struct.pack("<I", 2**29)
    path.write_bytes(data)
    with pytest.raises(ValueError, match="claims 536870912 bytes, which it cannot hold"):
        read_npz(path)


def test_every_flipped_bit_is_found_or_harmless(tmp_path):
    array = np.random.default_rng(0).normal(size=(3, 4)).astype(np.float32)
    path = write_npz(tmp_path / "a.npz", x=array)
    whole, refused = path.read_bytes(), 0
    for index in range(len(whole)):
        flipped = bytearray(whole)
        flipped[index] ^= 1 << index % 8
        path.write_bytes(flipped)
        try:
            found = read_npz(path)
        except ValueError as error:
            assert "a.npz`" in str(error)
            refused += 1
        else:
            assert found.keys() != {"x"} or np.array_equal(found["x"], array)
    assert refused > len(whole) // 2
