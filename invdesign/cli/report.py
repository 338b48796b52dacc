"""`invdesign report DIR`: a page for a run or a sweep."""

import webbrowser
from pathlib import Path
from typing import Annotated

import typer

from ..studies import report as write_report
from ._errors import plain_errors
from ._options import as_path
from ._output import AsJson, report as show, table


@plain_errors
def report(
    folder: Annotated[
        Path,
        typer.Argument(parser=as_path, metavar="DIR", help="Of a run, or of a sweep."),
    ],
    runs: Annotated[
        bool,
        typer.Option("--runs", help="Of a sweep: a page for every finished run, too."),
    ] = False,
    open_it: Annotated[bool, typer.Option("--open", help="Show it in the browser.")] = False,
    as_json: AsJson = False,
) -> None:
    """Write report.html: replays, curves, tables and settings in one file, from files alone."""
    path = write_report(folder, runs=runs)
    size = path.stat().st_size
    payload = {"out": str(folder), "report": str(path), "bytes": size}
    show(payload, table(["report", "MB"], [[str(path), size / 1e6]]), as_json=as_json)
    if open_it:
        webbrowser.open(path.resolve().as_uri())
