"""Scenes of water that no number should come of end every command at once, with a sentence."""

import re

import pytest

COMMANDS = (
    ("run", "--steps", "1"),
    ("compare", "--optimizers", "adam", "--seeds", "1"),
    ("gradcheck", "--directions", "1"),
    ("refine", "--rounds", "1", "--steps", "1"),
)


@pytest.fixture(scope="module")
def coarse(place, tiny):
    """The tiny task with particles of another spacing than the model's."""
    text = (place / "tiny.py").read_text()
    assert "jittered_blocks(2, " in text
    text = text.replace("**blocks)", "**{**blocks, 'spacing': 1 / 50})")
    (place / "coarse.py").write_text(text)
    return f"{place / 'coarse.py'}:task"


@pytest.mark.parametrize("command", COMMANDS, ids=lambda c: c[0])
def test_water_of_another_spacing_is_refused_by_every_command(
    command, invoke, coarse, weights, tmp_path
):
    name, *options = command
    out = tmp_path / "out"
    told = invoke(name, coarse, "--model", weights, "--out", out, *options)
    assert told.exit_code == 2
    said = re.sub(r"\s+", " ", told.stderr)
    assert "0.02 m apart, the model knows 0.0125 m" in said and "Traceback" not in said
    assert not out.exists()
