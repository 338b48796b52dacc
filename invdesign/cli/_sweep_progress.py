"""A live table about a sweep, on stderr."""

import time
from collections.abc import Mapping
from typing import Any, Self

from rich.console import Group
from rich.live import Live
from rich.table import Table
from rich.text import Text

from ..studies._sweep._overview import Overview
from ._duration import duration
from ._output import remark, stderr, table

_QUIET_SECONDS = 30.0


class SweepProgress:
    """Shows what is being made and what is left: a table on a terminal, a line now and then
    elsewhere."""

    def __init__(self):
        self.spoke = 0.0
        self.live = Live(console=stderr, transient=True, auto_refresh=False)

    def __enter__(self) -> Self:
        if stderr.is_terminal:
            self.live.start()
        return self

    def __exit__(self, *_: Any) -> None:
        self.live.stop()

    def look(self, overview: Overview) -> None:
        """Show where the sweep stands."""
        remark(overview.news)
        if stderr.is_terminal:
            self.live.update(_shown(overview), refresh=True)
        elif time.monotonic() - self.spoke > _QUIET_SECONDS:
            self.spoke = time.monotonic()
            stderr.print(_line(overview))


def counted(counts: Mapping[str, int]) -> str:
    """How many runs are in which state."""
    said = [f"{number} {state}" for state, number in counts.items() if number]
    return f"{', '.join(said) or 'no runs'} of {sum(counts.values())}"


def _line(overview: Overview) -> str:
    left = overview.seconds_left
    return counted(overview.counts) + (f", {duration(left)} left" if left is not None else "")


def _shown(overview: Overview) -> Group:
    rows = [
        [run.name, run.phase, f"{run.share:.0%}", run.iterations, duration(run.seconds)]
        for run in overview.ongoing
    ]
    made: Table = table(["run", "", "search", "iterations", "time"], rows)
    return Group(Text(_line(overview)), made) if rows else Group(Text(_line(overview)))
