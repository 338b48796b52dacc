"""`history.csv`: one row an iteration, numbers that survive the round trip bit for bit."""

import csv
import io
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ._atomic import write_text
from ._reading import read_text

Row = Mapping[str, Any]
_LONGEST = 64  # characters of a number
_LARGEST = 2**63


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
    for kind in (int, float) if len(text) <= _LONGEST else ():
        try:
            number = kind(text)
        except ValueError:
            continue
        if kind is int and abs(number) >= _LARGEST:
            raise ValueError(f"the integer {text} is too large")
        return number
    return {"True": True, "False": False}.get(text, text)


def read_history(path: str | Path) -> list[dict[str, Any]]:
    """The rows of a history, with integers, floats, booleans and strings as they were.

    **Raises:** `ValueError` naming the file if it is missing, a row is incomplete, or an integer
    has more than 64 bits.
    """
    path = Path(path)
    lines = csv.reader(io.StringIO(read_text(path), newline=""))
    try:
        names = next(lines, [])
        if not names or len(set(names)) < len(names):
            fault = "two columns of one name" if names else "it is empty"
            raise ValueError(f"`{path}` is not a readable history ({fault}).")
        return [_row(path, number, names, line) for number, line in enumerate(lines, start=2)]
    except csv.Error as error:
        raise ValueError(f"`{path}` is not a readable history ({error}).") from error


def _row(path: Path, number: int, names: Sequence[str], line: Sequence[str]) -> dict[str, Any]:
    if len(line) != len(names):
        raise ValueError(
            f"`{path}` is damaged: line {number} has {len(line)} cells instead of {len(names)}."
        )
    try:
        return {name: _value(text) for name, text in zip(names, line, strict=True)}
    except ValueError as error:
        raise ValueError(f"`{path}` is damaged: in line {number} {error}.") from error


def history_columns(rows: Sequence[Row]) -> dict[str, np.ndarray]:
    """The rows as one array a column, e.g. for a figure."""
    return {name: np.asarray([row[name] for row in rows]) for name in (rows[0] if rows else ())}
