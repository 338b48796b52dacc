import json

import numpy as np
import pytest

from invdesign import io
from invdesign.io._design_file import write_design

DESIGN = {
    "parameters": np.array([0.1, -1 / 3]),
    "segments": np.array([[[0.1, 0.5], [0.3, 0.5]], [[0.3, 0.5], [0.4, 0.6]]]),
    "segment_radius": np.array([0.015, 0.015]),
}


def test_round_trip_is_exact_and_says_its_units(tmp_path):
    path = write_design(tmp_path / "design.json", **DESIGN, task="contain")
    back = io.read_design(path)
    np.testing.assert_array_equal(back.parameters, DESIGN["parameters"])
    np.testing.assert_array_equal(back.segments, DESIGN["segments"])
    np.testing.assert_array_equal(back.segment_radius, DESIGN["segment_radius"])
    assert back.task == "contain"
    content = json.loads(path.read_text())
    assert (content["parameter_unit"], content["length_unit"]) == ("rad", "m")


def test_parameters_alone_suffice(tmp_path):
    (tmp_path / "design.json").write_text('{"parameters": [0.5, 1]}')
    design = io.read_design(tmp_path / "design.json")
    np.testing.assert_array_equal(design.parameters, [0.5, 1.0])
    assert design.segments is None


@pytest.mark.parametrize("field", ["parameters", "segments", "segment_radius"])
def test_nan_is_not_written(tmp_path, field):
    bad = np.full_like(DESIGN[field], np.nan)
    with pytest.raises(ValueError, match=f"`{field}` is not finite"):
        write_design(tmp_path / "design.json", **{**DESIGN, field: bad})
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"parameters": [1, NaN]}', "is not a JSON file"),
        ('{"parameters": [1, null]}', r"`\$.parameters\[1\]`: expected `float`, got `null`"),
        ('{"parameters": [-Infinity]}', "is not a JSON file"),
        ('{"parameters": [1e999]}', "is not a JSON file"),
        ('{"parameters": ["a"]}', r"`\$.parameters\[0\]`: expected `float`, got `str`"),
        ('{"parameters": [true]}', "expected `float`, got `bool`"),
        ('{"parameters": []}', "expected `array` of length >= 1"),
        ('{"parameters": 3}', "expected `array`, got `int`"),
        ('{"angles": [1]}', "missing required field `parameters`"),
        ("[1, 2]", "expected `object`, got `array`"),
        ('{"parameters": [1], "format_version": 7}', "has the format_version 7"),
        ('{"parameters": [1], "length_unit": "mm"}', "has the length_unit mm"),
        ("[" * 100_000, "nested too deeply"),
        ('{"parameters": [1], "further": ' + "[" * 100_000 + "}", "nested too deeply"),
        ('{"parameters": [1], "segments": [[[0, 0], [1, 1]]]}', "give both"),
        (
            '{"parameters": [1], "segments": [[[0, 0], [1, 1]]], "segment_radius": [1, 1]}',
            "must be",
        ),
        ("{", "is not a JSON file"),
    ],
)
def test_a_bad_file_is_named_with_the_reason(tmp_path, text, message):
    (tmp_path / "design.json").write_text(text)
    with pytest.raises(ValueError, match=rf"design\.json`.*{message}"):
        io.read_design(tmp_path / "design.json")
