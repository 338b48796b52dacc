"""Whose line it was: where in a user's own file something was raised or is defined."""

import functools
import inspect
import sysconfig
import traceback
from pathlib import Path
from typing import Any

# Files of Python, of installed packages and of this one are nobody's own.
_OTHERS = [Path(__file__).resolve().parent, Path(sysconfig.get_path("stdlib"))]
_INSTALLED = {"site-packages", "dist-packages"}


def raised_at(error: BaseException) -> str | None:
    """`FILE:LINE` of the innermost line of a user's file that an error passed, if any."""
    frames = traceback.extract_tb(error.__traceback__)
    lines = [f"{frame.filename}:{frame.lineno}" for frame in frames if _is_own(frame.filename)]
    return lines[-1] if lines else None


def defined_at(called: Any) -> str | None:
    """`FILE:LINE` where a function, or the class of a callable object, says what it does."""
    while isinstance(called, functools.partial):
        called = called.func
    function = called if inspect.isroutine(called) else type(called).__call__
    code = getattr(inspect.unwrap(function), "__code__", None)
    if code is None or not _is_own(code.co_filename):
        return None
    return f"{code.co_filename}:{code.co_firstlineno}"


def name_of(called: Any) -> str:
    """What a function is called, or the class of a callable object."""
    while isinstance(called, functools.partial):
        called = called.func
    return called.__name__ if inspect.isroutine(called) else type(called).__name__


def reason(error: BaseException) -> str:
    """Kind and first line of an error, and the user's line that it passed."""
    said = f"{type(error).__name__}: {(str(error).strip() or 'no message').splitlines()[0]}"
    line = raised_at(error)
    return said if line is None else f"{said} (at {line})"


def _is_own(file: str) -> bool:
    path = Path(file)
    if not path.is_file() or _INSTALLED & set(path.parts):
        return False
    return not any(path.resolve().is_relative_to(other) for other in _OTHERS)
