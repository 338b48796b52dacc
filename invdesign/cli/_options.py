"""What options have in common: kinds and ranges, checked as they are read.

Nothing has been loaded, compiled or written by then.
"""

import errno
import math
import os
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

SUFFIX = ".safetensors"
# JAX takes 32 bits of a seed: beyond, other seeds would be the same run.
MOST_SEED = 2**32 - 1
# Of whatever is counted one by one: far above what anybody waits for.
MOST = 1_000_000
MOST_BUDGET = 1e15  # simulator steps


def number(
    *, above: float | None = None, least: float | None = None, most: float
) -> Callable[[float | None], float | None]:
    """A callback that takes finite numbers within a range only; `None` is an option left out."""
    low = f"above {above:g}" if above is not None else f"at least {least:g}"

    def check(value: float | None) -> float | None:
        if value is None:
            return None
        fits = math.isfinite(value) and value <= most
        fits = fits and (above is None or value > above) and (least is None or value >= least)
        if not fits:
            raise typer.BadParameter(f"it has to be {low} and at most {most:g}, got {value:g}.")
        return value

    return check


def as_text(text: str) -> str:
    """A name that is not empty."""
    if not text.strip():
        raise typer.BadParameter("it must not be empty.")
    return text


def as_path(text: str) -> Path:
    """A name that a file can have, whether there is one or not."""
    as_text(text)
    try:
        text.encode()
        os.lstat(text)
    except UnicodeEncodeError:
        raise typer.BadParameter("it is no name in UTF-8.") from None
    except ValueError as error:
        raise typer.BadParameter(f"no file can have this name ({error}).") from None
    except OSError as error:
        if error.errno == errno.ENAMETOOLONG:
            raise typer.BadParameter(
                f"no file can have a name this long ({len(text)} letters)."
            ) from None
    return Path(text)


def as_folder(text: str) -> Path:
    """A folder that is there or can be made: no file is in its place, or in a parent's."""
    path = as_path(text)
    for place in (path, *path.parents):
        if place.exists() and not place.is_dir():
            raise typer.BadParameter(f"`{place}` is a file, a folder is needed.")
    return path


def as_model(text: str) -> str:
    """A pretrained model's name or a weights file, or several between commas."""
    for part in text.split(","):
        as_path(part) if part.endswith(SUFFIX) else as_text(part)
    return text


def as_file_or_name(text: str) -> str:
    """Words that may be a file's name."""
    as_path(text)
    return text


def as_task(text: str) -> str:
    """A registered name, or `FILE.py:OBJECT`."""
    file = as_text(text).partition(":")[0]
    if file.endswith(".py"):
        as_path(file)
    return text


def as_config(text: str) -> str:
    """A shipped configuration's name, or a `.toml` file."""
    as_path(text) if text.endswith(".toml") else as_text(text)
    return text


SeedOption = Annotated[int, typer.Option(min=0, max=MOST_SEED, help="Of all randomness.")]
