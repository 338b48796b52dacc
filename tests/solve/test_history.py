"""Histories of runs as they are read from files."""

import math

import numpy as np
import pytest

from invdesign._solve import load_history
from invdesign.io._history import write_history

SOUND = {
    "iteration": [0, 1, 2],
    "value": [math.inf, 0.5, 0.7],
    "best_value": [math.inf, 0.5, 0.5],
    "score": [math.nan, 0.1, 0.1],
    "violation": [math.inf, 0.0, 0.0],
    "gradient_norm": [math.nan, 1.0, 2.0],
    "simulator_steps": [10, 20, 30],
    "gradient_steps": [10, 20, 30],
    "charged_steps": [50.0, 100.0, 150.0],
    "seconds": [1.0, 2.0, 3.0],
    "num_failed": [1, 0, 0],
    "result": [2, 0, 0],
}
BROKEN = {
    "nan": ({"value": [math.nan, 0.5, 0.7]}, "`value` holds nan"),
    "infinite": ({"seconds": [1.0, math.inf, 3.0]}, "`seconds` holds inf"),
    "minus": ({"best_value": [-math.inf, 0.5, 0.5]}, "`best_value` holds -inf"),
    "negative": ({"violation": [-1.0, 0.0, 0.0]}, "`violation` holds -1, which is below 0"),
    "falling": ({"charged_steps": [50.0, 40.0, 60.0]}, "`charged_steps` falls from one row"),
    "order": ({"iteration": [0, 1, 3]}, "iterations are not 0, 1, 2"),
    "kind": ({"result": [0.5, 0, 0]}, "`result` holds '0.5'"),
    "text": ({"score": ["a", 0.1, 0.1]}, "`score` holds 'a'"),
    "boolean": ({"num_failed": [True, 0, 0]}, "`num_failed` holds 'True'"),
}


def write_rows(path, columns):
    rows = [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]
    return write_history(path, rows)


def test_a_history_is_read_as_it_was(tmp_path):
    history = load_history(write_rows(tmp_path / "history.csv", SOUND))
    for name, values in SOUND.items():
        np.testing.assert_array_equal(history[name], values)


@pytest.mark.parametrize("name", BROKEN)
def test_a_damaged_history_is_refused(tmp_path, name):
    change, message = BROKEN[name]
    path = write_rows(tmp_path / "history.csv", {**SOUND, **change})
    with pytest.raises(ValueError, match=rf"history\.csv` is damaged.*{message}"):
        load_history(path)


def test_the_history_of_something_else_is_refused(tmp_path):
    path = write_rows(tmp_path / "history.csv", {"angle": [1.0], "lift": [0.5]})
    with pytest.raises(ValueError, match="is not the history of a run"):
        load_history(path)
