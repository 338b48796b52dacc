import json

import numpy as np
import pytest

from invdesign import io

DESIGN = {
    "parameters": np.array([0.1, -1 / 3]),
    "segments": np.array([[[0.1, 0.5], [0.3, 0.5]], [[0.3, 0.5], [0.4, 0.6]]]),
    "segment_radius": np.array([0.015, 0.015]),
}


def test_round_trip_is_exact_and_says_its_units(tmp_path):
    path = io.write_design(tmp_path / "design.json", **DESIGN, task="contain")
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
        io.write_design(tmp_path / "design.json", **{**DESIGN, field: bad})
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"parameters": [1, NaN]}', r"`parameters` is not finite at \[1\]"),
        ('{"parameters": [null]}', "is not finite"),
        ('{"parameters": [-Infinity]}', "is not finite"),
        ('{"parameters": ["a"]}', "must be numbers"),
        ('{"parameters": []}', "must be a non-empty array"),
        ('{"parameters": 3}', "must be a non-empty array"),
        ('{"angles": [1]}', "has no `parameters`"),
        ("[1, 2]", "has no `parameters`"),
        ('{"parameters": [1], "format_version": 7}', "has the format_version 7"),
        ('{"parameters": [1], "length_unit": "mm"}', "has the length_unit mm"),
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
