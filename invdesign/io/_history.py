"""`history.csv`: one row an iteration, numbers that survive the round trip bit for bit."""

import csv
import io
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ._atomic import write_text

Row = Mapping[str, Any]


def _cell(value: Any) -> str:
    if isinstance(value, str):
        return value
    number = np.asarray(value)[()]
    # `repr` of a double is the shortest text that gives the same double again.
    return repr(number.item())


def write_history(path: str | Path, rows: Sequence[Row]) -> Path:
    """Write all rows atomically; a reader never sees half a row.

    Numbers are written so that reading them gives the same double; `inf` and `nan` stay.

    **Arguments:** `rows`: at least one; all with the keys of the first, in any order.

    **Raises:** `ValueError` if the rows' keys differ, there are none, or the file cannot be
    written.
    """
    if not rows:
        raise ValueError(f"`{path}` was not written: a history needs at least one row.")
    names = list(rows[0])
    for index, row in enumerate(rows):
        if set(row) != set(names):
            raise ValueError(
                f"Row {index} of a history has the columns {', '.join(row)}; the first row has "
                f"{', '.join(names)}."
            )
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(names)
    writer.writerows([[_cell(row[name]) for name in names] for row in rows])
    return write_text(path, buffer.getvalue())


def _value(text: str) -> Any:
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return {"True": True, "False": False}.get(text, text)


def read_history(path: str | Path) -> list[dict[str, Any]]:
    """The rows of a history, with integers, floats, booleans and strings as they were.

    **Raises:** `ValueError` naming the file if it is missing or a row is incomplete.
    """
    path = Path(path)
    try:
        lines = list(csv.reader(io.StringIO(path.read_text(encoding="utf-8"))))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise ValueError(f"`{path}` is not a readable history ({error}).") from error
    if not lines:
        raise ValueError(f"`{path}` is not a readable history (it is empty).")
    names, *rows = lines
    for number, row in enumerate(rows, start=2):
        if len(row) != len(names):
            raise ValueError(
                f"`{path}` is damaged: line {number} has {len(row)} cells instead of {len(names)}."
            )
    return [{n: _value(text) for n, text in zip(names, row, strict=True)} for row in rows]


def history_columns(rows: Sequence[Row]) -> dict[str, np.ndarray]:
    """The rows as one array a column, e.g. for a figure."""
    return {name: np.asarray([row[name] for row in rows]) for name in (rows[0] if rows else ())}
