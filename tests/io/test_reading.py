"""Files that are none, are too large, or never end."""

import os

import pytest

from invdesign import io
from invdesign.families.airfoil._flows_file import read_flows
from invdesign.io import _reading
from invdesign.io._checksum import sha256
from invdesign.io._manifest import read_manifest
from invdesign.io._npz import read_npz
from invdesign.io._reading import check_regular, read_bytes, read_json, read_text, read_toml
from invdesign.io._weights import read_hyperparameters

READERS = {
    "bytes": read_bytes,
    "text": read_text,
    "json": read_json,
    "toml": read_toml,
    "npz": read_npz,
    "sha256": sha256,
    "history": io.read_history,
    "design": io.read_design,
    "manifest": read_manifest,
    "hyperparameters": read_hyperparameters,
    "trajectory": io.read_trajectory,
    "flows": read_flows,
    "section": io.read_section,
}


def make_pipe(path):
    os.mkfifo(path)


def make_loop(path):
    path.symlink_to(path)


def make_dangling(path):
    path.symlink_to(path.with_name("nowhere"))


KINDS = {
    "pipe": (make_pipe, "it is not a regular file"),
    "folder": (lambda path: path.mkdir(), "it is not a regular file"),
    "loop": (make_loop, "Too many levels of symbolic links"),
    "dangling": (make_dangling, "No such file"),
    "missing": (lambda path: None, "No such file"),
}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("reader", READERS)
def test_what_is_no_file_is_refused_at_once(tmp_path, reader, kind):
    make, message = KINDS[kind]
    make(tmp_path / "a")
    with pytest.raises(ValueError, match=f"a` cannot be read.*{message}"):
        READERS[reader](tmp_path / "a")


def test_impossible_names_are_refused(tmp_path):
    with pytest.raises(ValueError, match="File name too long"):
        read_bytes(tmp_path / ("a" * 5000))
    with pytest.raises(ValueError, match="cannot be the name of a file"):
        read_bytes("a\0b")


def test_files_have_a_largest_size(tmp_path):
    path = tmp_path / "a.json"
    with open(path, "wb") as file:
        file.truncate(_reading.LARGEST_TEXT + 1)  # takes no room
    with pytest.raises(ValueError, match="has 33554433 bytes, more than the 33554432"):
        read_json(path)
    assert check_regular(path) == _reading.LARGEST_TEXT + 1


@pytest.mark.parametrize("text", ["1" * 5000, "1e999", "NaN", "-Infinity", "[" * 10**6, '"\\ud8"'])
def test_json_that_is_none_is_refused(tmp_path, text):
    (tmp_path / "a.json").write_text(text)
    with pytest.raises(ValueError, match=r"a\.json` is"):
        read_json(tmp_path / "a.json")


def test_text_that_is_none_is_refused(tmp_path):
    (tmp_path / "a.txt").write_bytes(b"\xff\xfe")
    with pytest.raises(ValueError, match=r"a\.txt` cannot be read as text"):
        read_text(tmp_path / "a.txt")


@pytest.mark.parametrize("key", ["a", '"a"', "'a'"])
@pytest.mark.parametrize("text", ["{} = 1", "[{}]", "[[{}]]", "x = {{{} = 1}}"])
def test_a_key_without_end_does_not_hang(tmp_path, text, key):
    (tmp_path / "a.toml").write_text(text.format(" . ".join([key] * 10_000)))
    with pytest.raises(ValueError, match="nested too deeply"):
        read_toml(tmp_path / "a.toml")


def test_long_lists_of_numbers_are_no_such_key(tmp_path):
    numbers = [k + 0.5 for k in range(1000)]
    (tmp_path / "a.toml").write_text(f"a.b = {numbers}\nc = '{'word ' * 500}'")
    assert read_toml(tmp_path / "a.toml") == {"a": {"b": numbers}, "c": "word " * 500}
