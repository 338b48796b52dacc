"""Files that are either whole or absent, whenever the process dies."""

import contextlib
import json
import math
import os
import secrets
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

TEMPORARY_SUFFIX = ".partial"


@contextlib.contextmanager
def whole(path: Path) -> Iterator[Path]:
    """A temporary neighbor of `path` to write into; it takes that name once it is complete.

    **Raises:** `ValueError` naming the file and the reason if it cannot be written.
    """
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}{TEMPORARY_SUFFIX}")
    try:
        yield temporary
        # Without this a power cut can leave the new name with no content behind it.
        with open(temporary, "rb+") as file:
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except OSError as error:
        if not path.parent.exists():
            raise ValueError(
                f"`{path}` cannot be written: its folder does not exist, or was removed meanwhile."
            ) from error
        raise ValueError(
            f"`{path}` cannot be written ({error.strerror}); choose a folder that exists and is "
            "writable."
        ) from error
    finally:
        with contextlib.suppress(OSError):
            temporary.unlink()


def write_bytes(path: str | Path, data: bytes) -> Path:
    """Write `data` to `path` atomically: into a temporary neighbor, which is then renamed.

    **Raises:** `ValueError` naming the file and the reason if it cannot be written.
    """
    path = Path(path)
    with whole(path) as temporary, open(temporary, "xb") as file:
        file.write(data)
    return path


def write_text(path: str | Path, text: str) -> Path:
    """`write_bytes` of UTF-8 text."""
    return write_bytes(path, text.encode())


def make_folder(path: str | Path) -> Path:
    """Make a folder and its parents, where they do not exist.

    **Raises:** `ValueError` naming it and the reason if it cannot be made.
    """
    path = Path(path)
    try:
        path.mkdir(parents=True, exist_ok=True)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise ValueError(f"The folder `{path}` cannot be made ({reason}).") from error
    return path


def json_ready(value: Any) -> Any:
    """`value` as JSON can hold it: arrays as lists, non-finite numbers as `None`.

    **Raises:** `TypeError` for anything that is not a mapping, a sequence, an array, a path,
    a number, a string, a boolean or `None`.
    """
    if value is None or isinstance(value, bool | str | int):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {str(key): json_ready(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [json_ready(item) for item in value]
    if isinstance(value, Path):
        return str(value)
    if hasattr(value, "__array__"):
        return json_ready(np.asarray(value).tolist())
    raise TypeError(f"JSON cannot hold a {type(value).__name__}.")


def dump_json(value: Any, *, indent: int | None = None) -> str:
    """JSON text of anything `json_ready` accepts; never contains `NaN` or `Infinity`."""
    return json.dumps(json_ready(value), indent=indent, allow_nan=False, ensure_ascii=False)


def write_json(path: str | Path, value: Any) -> Path:
    """Write `dump_json(value)`, indented, atomically."""
    return write_text(path, dump_json(value, indent=2) + "\n")
