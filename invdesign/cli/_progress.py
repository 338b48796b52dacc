"""A live line about a run, on stderr."""

import time
from collections.abc import Mapping
from typing import Any, Self

from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from ._output import number, stderr

_QUIET_SECONDS = 10.0


class RunProgress:
    """Shows phases and iterations: a bar on a terminal, a line now and then elsewhere.

    **Arguments:** `total`: what `key` of a history's row is at the end of the search.
    """

    def __init__(self, total: float, key: str):
        self.total, self.key = total, key
        self.spoke = time.monotonic()
        self.bar = Progress(
            TextColumn("{task.description}"),
            BarColumn(bar_width=24),
            TextColumn("{task.fields[numbers]}"),
            TimeElapsedColumn(),
            console=stderr,
            transient=True,
            disable=not stderr.is_terminal,
        )
        self.line = self.bar.add_task("", total=total, numbers="")

    def __enter__(self) -> Self:
        self.bar.start()
        return self

    def __exit__(self, *_: Any) -> None:
        self.bar.stop()

    def phase(self, name: str) -> None:
        """Say what begins."""
        self.bar.reset(self.line, total=self.total, description=name, numbers="")
        if not stderr.is_terminal:
            stderr.print(name)

    def row(self, row: Mapping[str, Any]) -> None:
        """Say where the search stands."""
        done = row[self.key] + (self.key == "iteration")
        numbers = f"value {number(row['best_value'])}  score {number(row['score'])}"
        self.bar.update(self.line, completed=done, numbers=numbers)
        if not stderr.is_terminal and time.monotonic() - self.spoke > _QUIET_SECONDS:
            self.spoke = time.monotonic()
            stderr.print(f"  {done / self.total:.0%}  {numbers}  {row['seconds']:.0f} s")
