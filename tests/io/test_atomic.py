import json
import os

import jax.numpy as jnp
import numpy as np
import pytest

from invdesign.io._atomic import dump_json, write_json, write_text
from invdesign.io._reading import read_json


def test_a_failed_rename_keeps_the_old_file_and_leaves_nothing_else(tmp_path, monkeypatch):
    path = write_text(tmp_path / "a.txt", "old")

    def refuse(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", refuse)
    with pytest.raises(ValueError, match=r"a\.txt` cannot be written \(No space left on device\)"):
        write_text(path, "new")
    assert path.read_text() == "old"
    assert [entry.name for entry in tmp_path.iterdir()] == ["a.txt"]


def test_a_missing_folder_is_named(tmp_path):
    with pytest.raises(ValueError, match=r"nowhere/a\.txt` cannot be written"):
        write_text(tmp_path / "nowhere" / "a.txt", "text")


def test_files_get_the_permissions_of_the_user(tmp_path):
    old = os.umask(0o022)
    try:
        path = write_text(tmp_path / "a.txt", "text")
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
    path = write_json(tmp_path / "a.json", value)
    strict = json.loads(path.read_text(), parse_constant=pytest.fail)
    assert strict == {
        "nan": None,
        "inf": None,
        "array": [1.0, None],
        "count": 3,
        "flag": True,
        "nested": [{"path": str(tmp_path), "none": None}],
    }
    assert read_json(path) == strict


def test_json_refuses_what_it_cannot_hold():
    with pytest.raises(TypeError, match="cannot hold a object"):
        dump_json({"x": object()})


@pytest.mark.parametrize(
    ("content", "message"), [("{broken", "is not a JSON file"), (None, "cannot be read")]
)
def test_broken_json_is_named(tmp_path, content, message):
    path = tmp_path / "a.json"
    if content is not None:
        path.write_text(content)
    with pytest.raises(ValueError, match=rf"a\.json` {message}"):
        read_json(path)
