"""What commands print: results on stdout, everything else on stderr."""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from ..io._atomic import dump_json

AsJson = Annotated[
    bool, typer.Option("--json", help="End stdout with one JSON object; progress on stderr.")
]
stdout = Console(highlight=False)
if not stdout.is_terminal:
    stdout.width = 120  # a pipe has no width of its own, and the default of 80 folds too much
stderr = Console(stderr=True, highlight=False)
_LONG = re.compile(r"(\S{60})\S{300,}(\S{20})")


def say(message: str) -> None:
    """One line on stderr, whatever the message holds; words of absurd length are cut."""
    typer.echo(_LONG.sub(r"\1…\2", " ".join(message.split())), err=True)


def table(columns: Sequence[str], rows: Sequence[Sequence[Any]], *, title: str = "") -> Table:
    """A plain table; numbers to the right, everything else to the left."""
    made = Table(title=title or None, title_justify="left", box=None, pad_edge=False)
    for index, column in enumerate(columns):
        numeric = bool(rows) and all(isinstance(row[index], int | float) for row in rows)
        made.add_column(column, justify="right" if numeric else "left", overflow="fold")
    for row in rows:
        made.add_row(*[number(cell) if isinstance(cell, float) else str(cell) for cell in row])
    return made


def number(value: float | None, digits: int = 3) -> str:
    """A number for people; a dash where there is none."""
    if value is None or value != value:
        return "–"
    return f"{value:.{digits}g}" if abs(value) < 1e4 else f"{value:,.0f}"


def error_rows(found: Mapping[str, Any]) -> list[list[str]]:
    """Of designs that are made with errors, as far as that was scored: a name and a text."""
    if found.get("error_std") is None:
        return []
    mean, least = number(found["error_score_mean"]), number(found["error_score_min"])
    return [[f"score with errors of {found['error_std']:g}", f"{mean}, at worst {least}"]]


def remark(notes: Iterable[str]) -> None:
    """Print what is to be known beside the numbers of a result, a line each, on stderr."""
    for note in notes:
        typer.echo(f"Note: {note}", err=True)


def report(payload: Mapping[str, Any], shown: Table, *, as_json: bool) -> None:
    """Print a command's result: one line of JSON, or a table."""
    if as_json:
        typer.echo(dump_json(payload))
    else:
        stdout.print(shown)
