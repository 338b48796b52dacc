"""The record of a run, a row an iteration."""

from collections.abc import Iterable, Mapping
from typing import Any

import equinox as eqx
import numpy as np

COLUMNS: dict[str, type] = {
    "iteration": int,
    "value": float,
    "best_value": float,
    "score": float,
    "violation": float,
    "gradient_norm": float,
    "simulator_steps": int,
    "gradient_steps": int,
    "charged_steps": float,
    "seconds": float,
    "num_failed": int,
    "result": int,
}

Row = Mapping[str, Any]


class History(eqx.Module):
    """Columns of equal length, one entry an iteration.

    - `iteration`: counted from 0.
    - `value`: of this iteration's best candidate, `inf` if every candidate failed.
    - `best_value`, `score`: of the champion so far, on the training conditions.
    - `violation`: of the champion: the largest violation of a constraint over its tolerance, so
      that up to 1 counts as met; 0 without constraints. The champion has the lowest value of all
      that meet the constraints; until there is one, the least violation.
    - `gradient_norm`: at the iteration's best candidate, NaN without gradients.
    - `simulator_steps`: forward steps so far: horizon x conditions x candidates.
    - `gradient_steps`: how many of them were also differentiated.
    - `charged_steps`: what the budget was charged so far: a differentiated step counts as much
      as the problem's `gradient_cost`, any other as 1.
    - `seconds`: wall clock so far, compilation included.
    - `num_failed`, `result`: failed candidates of this iteration, and the `RESULTS` code of the
      first of them.

    `history["value"]` is a column, `history.rows()` a list of dictionaries.
    """

    columns: dict[str, np.ndarray]

    @staticmethod
    def from_rows(rows: Iterable[Row]) -> "History":
        """The history of some rows, which may be none."""
        rows = list(rows)
        return History({n: np.asarray([r[n] for r in rows], t) for n, t in COLUMNS.items()})

    def rows(self) -> list[dict[str, Any]]:
        """One dictionary of Python numbers an iteration."""
        columns = [self.columns[name].tolist() for name in COLUMNS]
        return [dict(zip(COLUMNS, row, strict=True)) for row in zip(*columns, strict=True)]

    def __getitem__(self, name: str) -> np.ndarray:
        return self.columns[name]

    def __len__(self) -> int:
        return len(self.columns["iteration"])
