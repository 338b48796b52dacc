"""Where a run stands, on stderr: a live line, lines of JSON, or nothing."""

import enum
import time
from collections.abc import Mapping
from typing import Annotated, Any, Self

import typer
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from ..io._atomic import dump_json
from ..studies._pace import Pace
from ..studies._run import known_numbers
from ._duration import duration
from ._output import number, stderr

_SILENT_SECONDS = 10.0


class Log(enum.StrEnum):
    """How a command says where it stands."""

    TEXT = "text"
    JSON = "json"
    NONE = "none"


LogOption = Annotated[
    Log,
    typer.Option(
        "--log",
        help="Progress on stderr: a live line, one JSON object for each phase and iteration, or "
        "none.",
    ),
]


class RunProgress:
    """Shows phases and iterations: a bar on a terminal, a line now and then elsewhere.

    **Arguments:** `total`: what `key` of a history's row is at the end of the search; `log`: in
    which way.
    """

    def __init__(self, total: float, key: str, log: Log = Log.TEXT):
        self.total, self.key, self.log = total, key, log
        self.spoke, self.pace = time.monotonic(), Pace(total, key)
        self.bar = Progress(
            TextColumn("{task.description}"),
            BarColumn(bar_width=24),
            TextColumn("{task.fields[numbers]}"),
            TimeElapsedColumn(),
            console=stderr,
            transient=True,
            disable=not (stderr.is_terminal and log is Log.TEXT),
        )
        self.line = self.bar.add_task("", total=total, numbers="")

    def __enter__(self) -> Self:
        self.bar.start()
        return self

    def __exit__(self, *_: Any) -> None:
        self.bar.stop()

    def phase(self, name: str) -> None:
        """Say what begins."""
        self.pace = Pace(self.total, self.key)
        if self.log is Log.JSON:
            _say({"phase": name})
        self.bar.reset(self.line, total=self.total, description=name, numbers="")
        if self._plain:
            stderr.print(name)

    def row(self, row: Mapping[str, Any]) -> None:
        """Say where the search stands."""
        self.pace.look(row)
        if self.log is Log.JSON:
            own = {key: value for key, value in row.items() if key != "latent"}
            speed = {"steps_per_second": self.pace.rate, "seconds_left": self.pace.seconds_left}
            _say({**own, "share": self.pace.share, **speed})
        numbers = self._numbers(row)
        self.bar.update(self.line, completed=self.pace.done, numbers=numbers)
        if self._plain and time.monotonic() - self.spoke > _SILENT_SECONDS:
            self.spoke = time.monotonic()
            said = f"  {self.pace.share:.0%}  {numbers}  {row['seconds']:.0f} s"
            stderr.print(said, soft_wrap=True)

    @property
    def _plain(self) -> bool:
        return self.log is Log.TEXT and not stderr.is_terminal

    def _numbers(self, row: Mapping[str, Any]) -> str:
        said = [f"value {number(row['best_value'])}", f"score {number(row['score'])}"]
        gradient = row["gradient_norm"]
        said += [f"gradient {number(gradient)}"] * (gradient == gradient)
        if self.pace.rate is not None:
            said.append(f"{number(self.pace.rate)} steps/s")
        if self.pace.seconds_left is not None:
            said.append(f"{duration(self.pace.seconds_left)} left at most")
        return "  ".join(said)


def _say(payload: Mapping[str, Any]) -> None:
    typer.echo(dump_json(known_numbers(dict(payload))), err=True)
