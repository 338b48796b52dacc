"""The driver: the only loop that optimizes a design."""

from ._driver import check_solve as check_solve, solve as solve
from ._history import History as History, load_history as load_history
from ._solution import Solution as Solution
from ._stop import (
    AbstractStop as AbstractStop,
    PlateauStop as PlateauStop,
    TargetStop as TargetStop,
)
