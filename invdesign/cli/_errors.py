"""A user's mistake ends in one sentence on stderr, never in a traceback."""

import contextlib
import functools
import os
import signal
from collections.abc import Callable, Iterator
from typing import Any

import typer

from ._output import say

VARIABLE = "INVDESIGN_DEBUG"
MISTAKE, INTERRUPTED = 2, 130


@contextlib.contextmanager
def terminable() -> Iterator[None]:
    """Inside, SIGTERM is a Ctrl-C: what has been found is written before the program ends."""

    def interrupt(*_: Any) -> None:
        raise KeyboardInterrupt

    try:
        before = signal.signal(signal.SIGTERM, interrupt)
    except ValueError:  # only the main thread may; elsewhere somebody else decides
        yield
        return
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def plain_errors(command: Callable[..., Any]) -> Callable[..., Any]:
    """The command with every `ValueError` printed as one line and turned into exit code 2.

    Ctrl-C and SIGTERM end it with exit code 130, and a hint on how to go on.
    `INVDESIGN_DEBUG=1` shows tracebacks instead.
    """

    @functools.wraps(command)
    def wrapped(*args: Any, **kwargs: Any) -> Any:
        try:
            with terminable():
                return command(*args, **kwargs)
        except ValueError as error:
            if os.environ.get(VARIABLE):
                raise
            say(f"Error: {error}")
            raise typer.Exit(MISTAKE) from error
        except KeyboardInterrupt as error:
            say(f"Interrupted. {error}")
            raise typer.Exit(INTERRUPTED) from error

    return wrapped
