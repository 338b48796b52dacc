"""The record of a run, a row an iteration."""

import dataclasses
import math
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import equinox as eqx
import numpy as np

from .._results import RESULTS
from ..io import read_history


@dataclasses.dataclass(frozen=True)
class Column:
    """What a column of the history may hold.

    **Arguments:**

    - `kind`: `int`, `float`, or `str` for names.
    - `unknown`: what may stand there besides finite numbers: "inf", "nan".
    - `least`: no number is below it.
    - `grows`: whether no row is below the one before.
    """

    kind: type = float
    unknown: tuple[str, ...] = ()
    least: float = -math.inf
    grows: bool = False

    def fault(self, values: np.ndarray) -> str | None:
        """What is wrong with a column, if anything."""
        if self.kind is str:
            odd = [text for text in values.tolist() if not text.isidentifier()]
            return f"holds {odd[0][:20]!r}" if odd else None
        values = values.astype(float)
        odd = [text for text in map(str, values[~np.isfinite(values)]) if text not in self.unknown]
        if odd:
            return f"holds {odd[0]}"
        known = values[~np.isnan(values)]
        if (known < self.least).any():
            return f"holds {known.min():g}, which is below {self.least:g}"
        if self.grows and (np.diff(known) < 0).any():
            return "falls from one row to the next"
        return None


_FAILED = ("inf",)  # the value where no candidate has succeeded
_COUNTER = Column(int, least=0, grows=True)
COLUMNS: dict[str, Column] = {
    "iteration": _COUNTER,
    "value": Column(unknown=_FAILED),
    "best_value": Column(unknown=_FAILED),
    "score": Column(unknown=("nan",)),
    "violation": Column(unknown=_FAILED, least=0.0),
    "gradient_norm": Column(unknown=("nan", "inf"), least=0.0),
    "simulator_steps": _COUNTER,
    "gradient_steps": _COUNTER,
    "charged_steps": Column(least=0.0, grows=True),
    "seconds": Column(least=0.0, grows=True),
    "num_failed": Column(int, least=0),
    "result": Column(int, least=0),
    "outcome": Column(str),
}
_CELLS = {int: (int,), float: (int, float), str: (str,)}

Row = Mapping[str, Any]


class History(eqx.Module):
    """Columns of equal length, one entry an iteration.

    - `iteration`: counted from 0.
    - `value`: of this iteration's best candidate, `inf` if every candidate failed.
    - `best_value`, `score`: of the champion so far, on the training conditions. While a search goes
      through the lighter version of a task (see `Then`), values are of that one, and the score is
      not known.
    - `violation`: of the champion: the largest violation of a constraint over its tolerance, so
      that up to 1 counts as met; 0 without constraints. The champion has the lowest value of all
      that meet the constraints; until there is one, the least violation.
    - `gradient_norm`: at the iteration's best candidate, NaN without gradients.
    - `simulator_steps`: forward steps so far: horizon x conditions x candidates.
    - `gradient_steps`: how many of them were also differentiated.
    - `charged_steps`: what the budget was charged so far: a differentiated step counts as much
      as the problem's `gradient_cost`, any other as 1.
    - `seconds`: wall clock so far, compilation included.
    - `num_failed`, `result`, `outcome`: failed candidates of this iteration, the `RESULTS` code of
      the first of them, and its name.

    `history["value"]` is a column, `history.rows()` a list of dictionaries.
    """

    columns: dict[str, np.ndarray]

    @staticmethod
    def from_rows(rows: Iterable[Row]) -> "History":
        """The history of some rows, which may be none; older ones have no `outcome`."""
        rows = [{"outcome": RESULTS(row["result"]).name, **row} for row in rows]
        kinds = {name: column.kind for name, column in COLUMNS.items()}
        return History({n: np.asarray([r[n] for r in rows], kind) for n, kind in kinds.items()})

    def rows(self) -> list[dict[str, Any]]:
        """One dictionary of Python numbers and names an iteration."""
        columns = [self.columns[name].tolist() for name in COLUMNS]
        return [dict(zip(COLUMNS, row, strict=True)) for row in zip(*columns, strict=True)]

    def __getitem__(self, name: str) -> np.ndarray:
        return self.columns[name]

    def __len__(self) -> int:
        return len(self.columns["iteration"])


def check_history(where: str | Path, history: History) -> History:
    """The history, if it can be that of a run.

    **Arguments:** `where`: the file that it is from.

    **Raises:** `ValueError` naming the file, the column, and what is wrong with it.
    """
    for name, column in COLUMNS.items():
        fault = column.fault(history[name])
        if fault is not None:
            raise ValueError(f"`{where}` is damaged: the column `{name}` {fault}.")
    if not np.array_equal(history["iteration"], np.arange(len(history))):
        raise ValueError(f"`{where}` is damaged: its iterations are not 0, 1, 2, ...")
    return history


def load_history(path: str | Path) -> History:
    """The history of a run from its `history.csv`.

    **Raises:** `ValueError` naming the file if it is missing or damaged, or holds anything else.
    """
    rows = read_history(path)
    if not rows or rows[0].keys() | {"outcome"} != COLUMNS.keys():
        raise ValueError(f"`{path}` is not the history of a run: its columns are others.")
    for name in rows[0]:
        allowed = _CELLS[COLUMNS[name].kind]
        odd = next((row[name] for row in rows if type(row[name]) not in allowed), None)
        if odd is not None:
            shown = str(odd)[:20]
            raise ValueError(f"`{path}` is damaged: the column `{name}` holds {shown!r}.")
    return check_history(path, History.from_rows(rows))
