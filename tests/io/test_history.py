import math

import jax.numpy as jnp
import numpy as np
import pytest

from invdesign import io
from invdesign.io._history import history_columns, write_history

ROWS = [
    {"step": 0, "value": jnp.float32(0.1), "gradient_norm": np.nan, "reason": 'first, "quoted"'},
    {"step": 100, "value": math.inf, "gradient_norm": 1 / 3, "reason": "ok"},
]


def test_round_trip_is_exact(tmp_path):
    path = write_history(tmp_path / "history.csv", ROWS)
    first, second = io.read_history(path)
    assert (first["step"], second["step"]) == (0, 100)
    assert isinstance(first["step"], int)
    assert np.float32(first["value"]) == np.float32(0.1)
    assert math.isnan(first["gradient_norm"])
    assert second["value"] == math.inf
    assert second["gradient_norm"] == 1 / 3
    assert first["reason"] == 'first, "quoted"'


def test_written_again_from_what_was_read_gives_equal_bytes(tmp_path):
    path = write_history(tmp_path / "history.csv", ROWS)
    again = write_history(tmp_path / "again.csv", io.read_history(path))
    assert again.read_bytes() == path.read_bytes()


def test_columns(tmp_path):
    columns = history_columns(io.read_history(write_history(tmp_path / "h.csv", ROWS)))
    np.testing.assert_array_equal(columns["step"], [0, 100])
    assert columns["value"].dtype == float
    assert history_columns([]) == {}


def test_rows_must_agree(tmp_path):
    with pytest.raises(ValueError, match="Row 1 of a history has the columns step; the first"):
        write_history(tmp_path / "h.csv", [ROWS[0], {"step": 1}])
    with pytest.raises(ValueError, match="at least one row"):
        write_history(tmp_path / "h.csv", [])
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a,b\n1,2\n3", "line 3 has 1 cells instead of 2"),
        ("", "it is empty"),
        ("a,a\n1,2", "two columns of one name"),
        (f"a\n{2**63}", "in line 2 the integer 9223372036854775808 is too large"),
    ],
)
def test_a_damaged_history_is_named(tmp_path, text, message):
    (tmp_path / "history.csv").write_text(text)
    with pytest.raises(ValueError, match=rf"history\.csv`.*{message}"):
        io.read_history(tmp_path / "history.csv")


def test_a_number_without_end_is_text(tmp_path):
    (tmp_path / "history.csv").write_text("a\n" + "1" * 10_000)
    assert io.read_history(tmp_path / "history.csv") == [{"a": "1" * 10_000}]
