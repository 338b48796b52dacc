"""How long what is left of a sweep will take, from what has been measured."""

import statistics
from collections.abc import Iterable, Mapping
from typing import Any

from ...io._atomic import dump_json


class Estimate:
    """Seconds that runs took, by configuration without the seed.

    A run whose kind has not been measured is taken for the mean of those that have.
    """

    def __init__(self):
        self.kinds: dict[str, list[float]] = {}

    def measured(self, kind: str, seconds: float) -> None:
        """Note what a run of a kind took."""
        self.kinds.setdefault(kind, []).append(seconds)

    def left(
        self, waiting: Mapping[str, int], running: Iterable[tuple[str, float]], at_once: int
    ) -> float | None:
        """Seconds until all is done; `None` if nothing has been measured yet.

        **Arguments:** `waiting`: how many runs of each kind; `running`: kind and seconds so far;
        `at_once`: runs that are made side by side.
        """
        if not self.kinds:
            return None
        # Medians: the first run of a kind compiles what the others find.
        each = {kind: statistics.median(seconds) for kind, seconds in self.kinds.items()}
        usual = statistics.mean(each.values())
        rest = sum(count * each.get(kind, usual) for kind, count in waiting.items())
        rest += sum(max(0.0, each.get(kind, usual) - spent) for kind, spent in running)
        return rest / at_once


def kind_of(config: Mapping[str, Any]) -> str:
    """What runs have in common that take about as long: all but the seed."""
    return dump_json({key: value for key, value in config.items() if key != "seed"})
