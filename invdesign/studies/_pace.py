"""How fast a search goes, from the rows of its history."""

from collections import deque
from collections.abc import Mapping
from typing import Any

_ROWS = 12  # that the speed is taken over


class Pace:
    """Simulator steps a second, and seconds to the end of the search.

    Taken over the last rows that were seen: the first one ends with the compilation, and what it
    took says nothing of the others.

    **Arguments:** `total`: what `key` of a row is at the end of the search: "iteration", counted
    from 1, or "charged_steps".
    """

    def __init__(self, total: float, key: str):
        self.total, self.key = total, key
        self.done = 0.0
        self.rows: deque[tuple[float, float, float]] = deque(maxlen=_ROWS)

    def look(self, row: Mapping[str, Any]) -> None:
        """Take note of a row."""
        self.done = row[self.key] + (self.key == "iteration")
        if self.rows and row["seconds"] < self.rows[-1][0]:  # another run's
            self.rows.clear()
        self.rows.append((row["seconds"], row["simulator_steps"], self.done))

    @property
    def share(self) -> float:
        """Of the search that is done."""
        return min(self.done / self.total, 1.0)

    @property
    def rate(self) -> float | None:
        """Simulator steps a second; `None` before the second row."""
        return self._speed(1)

    @property
    def seconds_left(self) -> float | None:
        """Until the whole budget is spent; rules may end the search before. `None` as above."""
        speed = self._speed(2)
        return None if not speed else max(self.total - self.done, 0.0) / speed

    def _speed(self, column: int) -> float | None:
        if len(self.rows) < 2:
            return None
        first, last = self.rows[0], self.rows[-1]
        seconds = last[0] - first[0]
        return (last[column] - first[column]) / seconds if seconds > 0 else None
