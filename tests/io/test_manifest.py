import dataclasses

import pytest

from invdesign.io._checksum import verify_file
from invdesign.io._manifest import (
    ManifestEntry,
    find_model,
    nearest,
    read_manifest,
    register,
    write_manifest,
)

ENTRY = ManifestEntry(
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
    path = write_manifest(tmp_path / "manifest.toml", [ENTRY, other])
    assert read_manifest(path) == {"a-paper": other, "water2d": ENTRY}


def test_register_adds_and_replaces(tmp_path):
    path = tmp_path / "manifest.toml"
    register(path, ENTRY)
    register(path, dataclasses.replace(ENTRY, name="other"))
    register(path, dataclasses.replace(ENTRY, bytes=7))
    entries = read_manifest(path)
    assert list(entries) == ["other", "water2d"]
    assert entries["water2d"].bytes == 7


def test_errors_must_be_finite(tmp_path):
    bad = dataclasses.replace(ENTRY, errors={"rollout": float("nan")})
    with pytest.raises(ValueError, match="must be finite"):
        write_manifest(tmp_path / "manifest.toml", [bad])
    assert not (tmp_path / "manifest.toml").exists()


def test_the_shipped_manifest_holds():
    for name, entry in read_manifest().items():
        _, path = find_model(name)
        verify_file(path, sha256_expected=entry.sha256, bytes_expected=entry.bytes)


def entry(**changes):
    """A manifest of one entry, some of whose values are others."""
    fields = {
        "file": '"a.safetensors"',
        "sha256": '"' + "ab" * 32 + '"',
        "bytes": "3",
        "data": '"x"',
        "licence": '"MIT"',
        "errors": "{}",
    }
    lines = [f"{key} = {value}" for key, value in {**fields, **changes}.items()]
    return "\n".join(["format = 1", "[models.a]", *lines])


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("format = [", "is not a TOML file"),
        ("format = 99", "has the format 99, this version reads 1"),
        ("format = true", "has the format True"),
        ("", "missing required field `format`"),
        ("format = 1\nmodels = 3", r"`\$.models`: expected `object`, got `int`"),
        ("format = 1\nmodels = [1]", r"`\$.models`: expected `object`, got `array`"),
        ("format = 1\n[models]\na = 3", "expected `object`, got `int`"),
        ('format = 1\n[models.a]\nfile = "x"', r"`\$.models.a`: object missing required field"),
        (entry(bytes='"many"'), r"`\$.models.a.bytes`: expected `int`, got `str`"),
        (entry(bytes="-1"), "expected `int` >= 0"),
        (entry(bytes="1.5"), "expected `int`, got `float`"),
        (entry(sha256="3"), r"`\$.models.a.sha256`: expected `str`"),
        (entry(sha256='"abc"'), r"`\$.models.a.sha256`: expected `str` matching regex"),
        (entry(file='".."'), "expected `str` matching regex"),
        (entry(file="[]"), r"`\$.models.a.file`: expected `str`"),
        (entry(file='"../a.safetensors"'), r"`\$.models.a.file`: expected `str` matching regex"),
        (entry(errors="3"), r"`\$.models.a.errors`: expected `object`"),
        (entry(errors="{x = nan}"), r"`\$.models.a.errors.x`: expected a finite number, got nan"),
        (entry(errors="{x = []}"), r"`\$.models.a.errors\[...\]`: expected `float`"),
        (entry(further="1"), r"`\$.models.a`: object contains unknown field `further`"),
        ("a = " + "[" * 100_000, "nested too deeply"),
        ("a." * 100_000 + "a = 1", "nested too deeply"),
        ("a = " + "1" * 10_000, "is not a TOML file"),
    ],
)
def test_a_broken_manifest_is_named(tmp_path, text, message):
    path = tmp_path / "manifest.toml"
    path.write_text(text)
    with pytest.raises(ValueError, match=rf"manifest\.toml.*{message}"):
        read_manifest(path)


def test_an_unknown_model_is_answered_with_the_nearest(tmp_path):
    path = write_manifest(tmp_path / "manifest.toml", [ENTRY])
    with pytest.raises(ValueError, match=r"named `watr2d`; did you mean `water2d`\? Known: `wat"):
        find_model("watr2d", path)


def test_nearest():
    names = ["contain", "contain-lite", "ramp", "Maze"]
    assert nearest("contian", names)[0] == "contain"
    assert nearest("maze", names) == ["Maze"]
    assert nearest("zzzzz", names) == []
