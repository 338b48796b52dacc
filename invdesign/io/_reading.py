"""Reading files that anybody may have written: regular, of bounded size, named when refused."""

import os
import re
import stat
import tomllib
from pathlib import Path
from typing import Any

import msgspec

LARGEST_BINARY = 2**30
LARGEST_TEXT = 2**25
LARGEST_TOML = 2**20
# The parser of TOML takes a time that grows with the third power of a key's parts.
_PART = r"""(?:[A-Za-z0-9_-]++|"[^"\n]*+"|'[^'\n]*+')"""
_ENDLESS_KEY = re.compile(rf"(?<![A-Za-z0-9_-]){_PART}(?:[ \t]*+\.[ \t]*+{_PART}){{32}}")


def check_regular(path: str | Path, *, limit: int = LARGEST_BINARY) -> int:
    """The size in bytes of a regular file.

    **Raises:** `ValueError` naming the file if it is missing, cannot be opened, is anything other
    than a regular file, such as a folder or a pipe, or is larger than `limit` bytes.
    """
    descriptor = _opened(Path(path), limit)
    try:
        return os.fstat(descriptor).st_size
    finally:
        os.close(descriptor)


def _opened(path: Path, limit: int) -> int:
    """A descriptor of a regular file; never waits, as the opening of a pipe would."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        raise ValueError(f"`{path}` cannot be read ({error.strerror}).") from error
    except ValueError as error:  # a null character in the name
        raise ValueError(f"`{str(path)!r}` cannot be the name of a file ({error}).") from error
    state = os.fstat(descriptor)
    fault = None
    if not stat.S_ISREG(state.st_mode):
        fault = "it is not a regular file"
    elif state.st_size > limit:
        fault = f"it has {state.st_size} bytes, more than the {limit} that such a file may have"
    if fault is not None:
        os.close(descriptor)
        raise ValueError(f"`{path}` cannot be read: {fault}.")
    return descriptor


def read_bytes(path: str | Path, *, limit: int = LARGEST_BINARY) -> bytes:
    """The content of a regular file.

    **Raises:** `ValueError` as `check_regular`.
    """
    path = Path(path)
    with open(_opened(path, limit), "rb") as file:
        try:
            return file.read(limit)  # a file that grows meanwhile is cut
        except OSError as error:
            raise ValueError(f"`{path}` cannot be read ({error.strerror}).") from error


def read_text(path: str | Path, *, limit: int = LARGEST_TEXT) -> str:
    """The content of a text file in UTF-8.

    **Raises:** `ValueError` naming the file if it is missing, too large or unreadable.
    """
    try:
        return read_bytes(path, limit=limit).decode()
    except UnicodeDecodeError as error:
        raise ValueError(f"`{path}` cannot be read as text ({error}).") from error


def read_json(path: str | Path) -> Any:
    """The content of a JSON file; NaN and infinities are no JSON.

    **Raises:** `ValueError` naming the file if it is missing, unreadable or not JSON.
    """
    data = read_bytes(path, limit=LARGEST_TEXT)
    try:
        return msgspec.json.decode(data)
    except RecursionError as error:
        raise ValueError(f"`{path}` is nested too deeply for a JSON file.") from error
    except ValueError as error:
        raise ValueError(f"`{path}` is not a JSON file ({error}).") from error


def read_toml(path: str | Path) -> dict[str, Any]:
    """The content of a TOML file.

    **Raises:** `ValueError` naming the file if it is missing, unreadable or not TOML.
    """
    text = read_text(path, limit=LARGEST_TOML)
    if _ENDLESS_KEY.search(text):
        raise ValueError(f"`{path}` is nested too deeply for a TOML file.")
    try:
        return tomllib.loads(text)
    except RecursionError as error:
        raise ValueError(f"`{path}` is nested too deeply for a TOML file.") from error
    except ValueError as error:
        raise ValueError(f"`{path}` is not a TOML file ({error}).") from error
