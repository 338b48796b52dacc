import dataclasses

import pytest

from invdesign import io

ENTRY = io.ManifestEntry(
    name="water2d",
    file="water2d.safetensors",
    sha256="ab" * 32,
    bytes=123,
    data='2000 runs of "water", öl-free \\ seed 0',
    errors={"one step": 1e-7, "rollout": 0.25},
    licence="Apache-2.0",
)


def test_round_trip(tmp_path):
    other = dataclasses.replace(ENTRY, name="a-paper", errors={})
    path = io.write_manifest(tmp_path / "manifest.toml", [ENTRY, other])
    assert io.read_manifest(path) == {"a-paper": other, "water2d": ENTRY}


def test_register_adds_and_replaces(tmp_path):
    path = tmp_path / "manifest.toml"
    io.register(path, ENTRY)
    io.register(path, dataclasses.replace(ENTRY, name="other"))
    io.register(path, dataclasses.replace(ENTRY, bytes=7))
    entries = io.read_manifest(path)
    assert list(entries) == ["other", "water2d"]
    assert entries["water2d"].bytes == 7


def test_errors_must_be_finite(tmp_path):
    bad = dataclasses.replace(ENTRY, errors={"rollout": float("nan")})
    with pytest.raises(ValueError, match="must be finite"):
        io.write_manifest(tmp_path / "manifest.toml", [bad])
    assert not (tmp_path / "manifest.toml").exists()


def test_the_shipped_manifest_holds():
    for name, entry in io.read_manifest().items():
        _, path = io.find_model(name)
        io.verify_file(path, sha256_expected=entry.sha256, bytes_expected=entry.bytes)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("format = [", "is not a TOML file"),
        ("format = 99", "has format 99"),
        ('format = 1\n[models.a]\nfile = "x"', "`a` must have exactly the keys"),
    ],
)
def test_a_broken_manifest_is_named(tmp_path, text, message):
    path = tmp_path / "manifest.toml"
    path.write_text(text)
    with pytest.raises(ValueError, match=rf"manifest\.toml.*{message}"):
        io.read_manifest(path)


def test_an_unknown_model_is_answered_with_the_nearest(tmp_path):
    path = io.write_manifest(tmp_path / "manifest.toml", [ENTRY])
    with pytest.raises(ValueError, match=r"named `watr2d`; did you mean `water2d`\? Known: `wat"):
        io.find_model("watr2d", path)


def test_nearest():
    names = ["contain", "contain-lite", "ramp", "Maze"]
    assert io.nearest("contian", names)[0] == "contain"
    assert io.nearest("maze", names) == ["Maze"]
    assert io.nearest("zzzzz", names) == []
