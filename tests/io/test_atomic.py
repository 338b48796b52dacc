import json
import os

import jax.numpy as jnp
import numpy as np
import pytest

from invdesign import io


def test_a_failed_rename_keeps_the_old_file_and_leaves_nothing_else(tmp_path, monkeypatch):
    path = io.write_text(tmp_path / "a.txt", "old")

    def refuse(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", refuse)
    with pytest.raises(ValueError, match=r"a\.txt` cannot be written \(No space left on device\)"):
        io.write_text(path, "new")
    assert path.read_text() == "old"
    assert [entry.name for entry in tmp_path.iterdir()] == ["a.txt"]


def test_a_missing_folder_is_named(tmp_path):
    with pytest.raises(ValueError, match=r"nowhere/a\.txt` cannot be written"):
        io.write_text(tmp_path / "nowhere" / "a.txt", "text")


def test_files_get_the_permissions_of_the_user(tmp_path):
    old = os.umask(0o022)
    try:
        path = io.write_text(tmp_path / "a.txt", "text")
    finally:
        os.umask(old)
    assert path.stat().st_mode & 0o777 == 0o644


def test_json_has_no_nan(tmp_path):
    value = {
        "nan": float("nan"),
        "inf": np.float32("-inf"),
        "array": jnp.array([1.0, jnp.inf]),
        "count": np.int64(3),
        "flag": np.True_,
        "nested": ({"path": tmp_path, "none": None},),
    }
    path = io.write_json(tmp_path / "a.json", value)
    strict = json.loads(path.read_text(), parse_constant=pytest.fail)
    assert strict == {
        "nan": None,
        "inf": None,
        "array": [1.0, None],
        "count": 3,
        "flag": True,
        "nested": [{"path": str(tmp_path), "none": None}],
    }
    assert io.read_json(path) == strict


def test_json_refuses_what_it_cannot_hold():
    with pytest.raises(TypeError, match="cannot hold a object"):
        io.dump_json({"x": object()})


@pytest.mark.parametrize(
    ("content", "message"), [("{broken", "is not a JSON file"), (None, "cannot be read")]
)
def test_broken_json_is_named(tmp_path, content, message):
    path = tmp_path / "a.json"
    if content is not None:
        path.write_text(content)
    with pytest.raises(ValueError, match=rf"a\.json` {message}"):
        io.read_json(path)


def test_npz_round_trip_and_equal_bytes(tmp_path):
    arrays = {"x": jnp.arange(6.0).reshape(2, 3), "y": np.array([True, False])}
    first = io.write_npz(tmp_path / "a.npz", **arrays)
    second = io.write_npz(tmp_path / "b.npz", **arrays)
    assert first.read_bytes() == second.read_bytes()
    back = io.read_npz(first)
    assert set(back) == {"x", "y"}
    assert back["x"].dtype == np.float32
    np.testing.assert_array_equal(back["x"], np.asarray(arrays["x"]))


@pytest.mark.parametrize("keep", [0, 10, 200])
def test_truncated_npz_is_named(tmp_path, keep):
    path = io.write_npz(tmp_path / "a.npz", x=np.arange(1000))
    path.write_bytes(path.read_bytes()[:keep])
    with pytest.raises(ValueError, match=r"a\.npz` is not a readable \.npz file"):
        io.read_npz(path)


def test_pickled_npz_is_refused(tmp_path):
    np.savez(tmp_path / "a.npz", x=np.array([{"code": 1}], dtype=object))
    with pytest.raises(ValueError, match="is not a readable"):
        io.read_npz(tmp_path / "a.npz")


def test_a_bare_array_is_refused(tmp_path):
    with open(tmp_path / "a.npz", "wb") as file:
        np.save(file, np.ones(3))
    with pytest.raises(ValueError, match="is not a readable"):
        io.read_npz(tmp_path / "a.npz")
