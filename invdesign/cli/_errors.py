"""A user's mistake ends in one sentence on stderr, never in a traceback."""

import functools
import os
from collections.abc import Callable
from typing import Any

import typer

VARIABLE = "INVDESIGN_DEBUG"
MISTAKE, INTERRUPTED = 2, 130


def plain_errors(command: Callable[..., Any]) -> Callable[..., Any]:
    """The command with every `ValueError` printed as one line and turned into exit code 2.

    `INVDESIGN_DEBUG=1` shows tracebacks instead.
    """

    @functools.wraps(command)
    def wrapped(*args: Any, **kwargs: Any) -> Any:
        try:
            return command(*args, **kwargs)
        except ValueError as error:
            if os.environ.get(VARIABLE):
                raise
            typer.echo(f"Error: {' '.join(str(error).split())}", err=True)
            raise typer.Exit(MISTAKE) from error
        except KeyboardInterrupt as error:
            hint = " ".join(str(error).split())
            typer.echo(f"Interrupted. {hint}".strip(), err=True)
            raise typer.Exit(INTERRUPTED) from error

    return wrapped
