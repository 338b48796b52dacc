import json
from pathlib import Path

import numpy as np
import pytest

from invdesign import io
from invdesign.io import _atomic
from invdesign.io._atomic import write_json, write_text
from invdesign.io._checksum import sha256
from invdesign.io._run_directory import open_run_directory
from invdesign.io._sealed import fingerprint, read_sealed, write_sealed

CONFIGURATION = {"task": "contain", "seed": 0, "rates": (0.1, 0.2), "optimizer": {"name": "adam"}}


def content(path):
    return {p.name: p.read_bytes() for p in path.iterdir()}


def edit(path, **changes):
    """Change what `config.json` says and give it the checksum that goes with it."""
    config = json.loads((path / "config.json").read_text())
    del config["checksum"]
    write_sealed(path / "config.json", {**config, **changes})


def test_made_then_resumed(tmp_path):
    made = open_run_directory(tmp_path / "runs" / "a", CONFIGURATION)
    assert not made.resumed
    (made / "history.csv").write_text("step\n")
    again = open_run_directory(tmp_path / "runs" / "a", dict(reversed(CONFIGURATION.items())))
    assert again.resumed
    assert again.configuration["rates"] == [0.1, 0.2]
    assert (again / "history.csv").read_text() == "step\n"


def test_an_empty_folder_will_do(tmp_path):
    assert not open_run_directory(tmp_path, CONFIGURATION).resumed
    assert io.read_run_directory(tmp_path).configuration["task"] == "contain"


def test_what_a_killed_process_left_is_swept_up(tmp_path):
    (tmp_path / ".config.json.1234abcd.partial").write_text("{")
    assert not open_run_directory(tmp_path, CONFIGURATION).resumed
    assert [p.name for p in tmp_path.iterdir()] == ["config.json"]


def test_another_configuration_is_refused_with_the_difference(tmp_path):
    open_run_directory(tmp_path, CONFIGURATION)
    before = content(tmp_path)
    with pytest.raises(ValueError, match=r"another configuration \(seed = 0, not 1\); choose"):
        open_run_directory(tmp_path, {**CONFIGURATION, "seed": 1})
    assert content(tmp_path) == before


def test_a_folder_with_something_else_is_refused(tmp_path):
    (tmp_path / "thesis.tex").write_text("years of work")
    with pytest.raises(ValueError, match="is not empty and is not a run directory"):
        open_run_directory(tmp_path, CONFIGURATION)
    assert content(tmp_path) == {"thesis.tex": b"years of work"}


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"version": "0.0.0"}, "was made by invdesign 0.0.0"),
        ({"format_version": 99}, "has the run format 99"),
        ({"format_version": True}, "is somebody else's"),
        ({"format_version": 10**30}, "has the run format 1000"),
        ({"configuration": {**CONFIGURATION, "seed": 9}}, "its fingerprint does not fit"),
        ({"configuration": [1]}, r"`\$.configuration`: expected `object`"),
        ({"fingerprint": 3}, r"`\$.fingerprint`: expected `str`"),
        ({"version": None}, r"`\$.version`: expected `str`"),
        ({"further": 1}, "unknown field `further`"),
        ({"format_version": 1}, "unknown field `checksum`"),
    ],
)
def test_another_version_or_an_altered_one_is_refused(tmp_path, changes, message):
    open_run_directory(tmp_path, CONFIGURATION)
    edit(tmp_path, **changes)
    before = content(tmp_path)
    with pytest.raises(ValueError, match=message):
        open_run_directory(tmp_path, CONFIGURATION)
    assert content(tmp_path) == before


@pytest.mark.parametrize("text", ["{", "[]", '{"name": "npm"}'])
def test_somebody_elses_config_is_refused(tmp_path, text):
    (tmp_path / "config.json").write_text(text)
    with pytest.raises(ValueError, match=r"config\.json"):
        open_run_directory(tmp_path, CONFIGURATION)
    assert (tmp_path / "config.json").read_text() == text


def test_a_run_of_format_1_is_read_with_a_note(tmp_path):
    config = {"format_version": 1, "version": "0.1.0", "configuration": CONFIGURATION}
    write_json(tmp_path / "config.json", {**config, "fingerprint": fingerprint(CONFIGURATION)})
    run = io.read_run_directory(tmp_path)
    assert run.configuration["task"] == "contain"
    assert "wrote no checksums" in run.notes[0]
    assert not open_run_directory(tmp_path / "new", CONFIGURATION).notes


def test_what_a_finished_run_holds_is_compared_with_its_checksums(tmp_path):
    run = open_run_directory(tmp_path, CONFIGURATION)
    write_text(run / "history.csv", "a\n1\n")
    files = ("config.json", "history.csv", "missing.npz")
    write_sealed(run / "verification.json", {"score": 0.5}, files=files)
    before = content(tmp_path)
    open_run_directory(tmp_path, dict(reversed(CONFIGURATION.items())))
    assert content(tmp_path) == before
    assert read_sealed(run / "verification.json") == {"score": 0.5}
    for name, old, new, message in (
        (
            "history.csv",
            "1",
            "2",
            r"history\.csv` was altered: .* `verification\.json` was written",
        ),
        ("verification.json", "0.5", "0.6", r"verification\.json` was altered"),
        ("verification.json", '"checksum"', '"check"', r"verification\.json` lacks its `checksum`"),
        ("config.json", "adam", "atom", r"config\.json` was altered"),
        ("config.json", '"checksum"', '"check"', r"config\.json` lacks its `checksum`"),
    ):
        (run / name).write_bytes(before[name].replace(old.encode(), new.encode(), 1))
        with pytest.raises(ValueError, match=message):
            io.read_run_directory(tmp_path)
        (run / name).write_bytes(before[name])
    (run / "history.csv").unlink()
    with pytest.raises(ValueError, match=r"history\.csv` cannot be read"):
        io.read_run_directory(tmp_path)


def test_a_checksum_names_files_of_its_own_folder_only(tmp_path):
    path = tmp_path / "run" / "a.json"
    path.parent.mkdir()
    (tmp_path / "secret").write_text("x")
    content = {"files": {"../secret": sha256(tmp_path / "secret")}}
    write_json(path, {**content, "checksum": fingerprint(content)})
    with pytest.raises(ValueError, match=r"a\.json`: at `\$key` in `\$.files`: expected"):
        read_sealed(path)


def test_reading_what_is_not_a_run_directory(tmp_path):
    with pytest.raises(ValueError, match="There is no run directory"):
        io.read_run_directory(tmp_path / "missing")
    with pytest.raises(ValueError, match=r"holds no config\.json"):
        io.read_run_directory(tmp_path)


def test_a_file_in_the_way_is_refused(tmp_path):
    (tmp_path / "out").write_text("a file")
    with pytest.raises(ValueError, match="is a file"):
        open_run_directory(tmp_path / "out", CONFIGURATION)
    with pytest.raises(ValueError, match="cannot hold a run"):
        open_run_directory(tmp_path / "out" / "deeper", CONFIGURATION)


@pytest.mark.parametrize("resumed", [False, True])
def test_an_unwritable_folder_is_refused(tmp_path, monkeypatch, resumed):
    if resumed:
        open_run_directory(tmp_path, CONFIGURATION)

    def deny(*_):
        raise PermissionError(13, "Permission denied")

    # Permissions do not bind the superuser, as whom tests often run: refuse in their place.
    monkeypatch.setattr(_atomic, "open", deny, raising=False)
    with pytest.raises(ValueError, match=r"config\.json` cannot be written \(Permission denied\)"):
        open_run_directory(tmp_path, CONFIGURATION)


def test_the_superuser_cannot_write_into_proc():
    if not Path("/proc/self").is_dir():
        pytest.skip("this system has no /proc")
    with pytest.raises(ValueError, match="cannot hold a run"):
        open_run_directory("/proc/invdesign", CONFIGURATION)


def test_fingerprint_sees_values_and_not_order():
    assert fingerprint({"a": 1, "b": {"c": 2, "d": 3}}) == fingerprint(
        {"b": {"d": 3, "c": 2}, "a": np.int64(1)}
    )
    assert fingerprint({"a": 1}) != fingerprint({"a": 2})
