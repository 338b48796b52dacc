"""Rules that end a run, each with a reason a person can read."""

import abc
import math
from collections.abc import Sequence

import equinox as eqx

from .._checks import checked_count, checked_number
from ._history import Row


class AbstractStop(eqx.Module):
    """A rule that looks at the rows of the history so far."""

    @abc.abstractmethod
    def __call__(self, rows: Sequence[Row]) -> str | None:
        """The reason to stop now, or `None` to go on. `rows` has at least one row."""


class PlateauStop(AbstractStop):
    """Stops when a run has hardly improved for a while.

    It counts in the run's own progress, so that it needs no units: the champion's value has
    fallen, over the last iterations, by next to nothing of what it has fallen since the first
    one that counts. Where there are constraints, iterations count from the first champion that
    meets them.

    **Arguments:** `patience`: iterations looked back, at least 1; `share`: of all the improvement
    so far, the least that keeps the run going if it is made in that time.

    **Raises:** `ValueError` if `patience` is below 1 or `share` is negative.
    """

    patience: int = 20
    share: float = 0.01

    def __check_init__(self):
        checked_count(self.patience, "patience", "PlateauStop")
        checked_number(self.share, "share", "PlateauStop", least=0)

    def __call__(self, rows: Sequence[Row]) -> str | None:
        first = next((number for number, row in enumerate(rows) if _counts(row)), len(rows))
        if len(rows) - first <= self.patience:
            return None
        start, then, now = (rows[i]["best_value"] for i in (first, -1 - self.patience, -1))
        if then - now > self.share * (start - now):
            return None
        return (
            f"plateau: the value improved by {then - now:.3g} in the last {self.patience} "
            f"iterations, of {start - now:.3g} in all"
        )


def _counts(row: Row) -> bool:
    """Whether there was a champion after this iteration, and it met the constraints."""
    return math.isfinite(row["best_value"]) and row["violation"] <= 1.0


class TargetStop(AbstractStop):
    """Stops when the best value is at most `value`.

    **Raises:** `ValueError` if that is not finite.
    """

    value: float

    def __check_init__(self):
        checked_number(self.value, "value", "TargetStop")

    def __call__(self, rows: Sequence[Row]) -> str | None:
        best = rows[-1]["best_value"]
        return f"target: the value {best:.6g} reached {self.value:g}" * (best <= self.value) or None
