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
    """Stops when the best value has hardly improved for a while.

    **Arguments:** `patience`: iterations looked back, at least 1; `tolerance`: the least
    improvement over them that keeps the run going, in the units of the value.

    **Raises:** `ValueError` if `patience` is below 1 or `tolerance` is negative.
    """

    patience: int = 20
    tolerance: float = 1e-4

    def __check_init__(self):
        checked_count(self.patience, "patience", "PlateauStop")
        checked_number(self.tolerance, "tolerance", "PlateauStop", least=0)

    def __call__(self, rows: Sequence[Row]) -> str | None:
        if len(rows) <= self.patience:
            return None
        then, now = rows[-1 - self.patience]["best_value"], rows[-1]["best_value"]
        if not math.isfinite(then) or then - now > self.tolerance:
            return None
        return (
            f"plateau: the value improved by {then - now:.3g} in {self.patience} iterations, "
            f"{self.tolerance:g} at most"
        )


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


class GradientStop(AbstractStop):
    """Stops when the norm of the gradient is at most `tolerance`; never without gradients.

    **Raises:** `ValueError` if that is negative or not finite.
    """

    tolerance: float

    def __check_init__(self):
        checked_number(self.tolerance, "tolerance", "GradientStop", least=0)

    def __call__(self, rows: Sequence[Row]) -> str | None:
        norm = rows[-1]["gradient_norm"]
        if rows[-1]["num_failed"] or not norm <= self.tolerance:
            return None
        return f"gradient: its norm {norm:.3g} is at most {self.tolerance:g}"
