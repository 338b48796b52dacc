"""`.dat`: the coordinates of a section, as airfoil programs exchange them."""

import dataclasses
from pathlib import Path
from typing import Any

import numpy as np

from ..sections import checked_outline
from ._atomic import write_text
from ._reading import read_text


@dataclasses.dataclass(frozen=True)
class StoredSection:
    """A section as a file holds it.

    **Arguments:**

    - `outline`: counterclockwise from the upper trailing edge, `(point, 2)`.
    - `name`: of the section.
    - `notes`: sentences to stand beside every number that is computed from it, or none.
    """

    outline: np.ndarray
    name: str
    notes: tuple[str, ...] = ()


def write_section(path: str | Path, outline: Any, *, name: str) -> Path:
    """Write an outline in Selig's format: a name, then a point a line.

    **Arguments:** `outline`: counterclockwise from the upper trailing edge, `(point, 2)`.

    **Raises:** `ValueError` if it is no section, or the name is more than one line.
    """
    if "\n" in name or not name.strip():
        raise ValueError(f"A section's name is one line of text, got {name!r}.")
    points = checked_outline(outline)
    lines = [name.strip(), *(f"{x:10.7f} {y:10.7f}" for x, y in points)]
    return write_text(path, "\n".join(lines) + "\n")


def read_section(path: str | Path) -> StoredSection:
    """The section of a file.

    Reads Selig's format, and Lednicer's: there the numbers of points on each side come first, and
    both sides begin at the leading edge.

    **Raises:** `ValueError` naming the file and what is wrong with it: a line that is no pair of
    numbers, or a section that is open, reversed, crosses itself or has too few points.
    """
    path = Path(path)
    lines = [line.strip() for line in read_text(path).splitlines()]
    name = path.stem
    if lines and _pair(lines[0]) is None:
        name, lines = lines[0] or name, lines[1:]
    points = []
    for number, line in enumerate(lines, start=1):
        if line:
            pair = _pair(line)
            if pair is None:
                raise ValueError(f"`{path}`: line {number} of the points is no pair: {line!r}.")
            points.append(pair)
    try:
        return StoredSection(checked_outline(_in_order(np.asarray(points).reshape(-1, 2))), name)
    except ValueError as error:
        raise ValueError(f"`{path}`: {error}") from error


def _pair(line: str) -> tuple[float, float] | None:
    try:
        x, y = (float(word) for word in line.replace(",", " ").split())
    except ValueError:
        return None
    return x, y


def _in_order(points: np.ndarray) -> np.ndarray:
    """Points in Selig's order, whichever of the two formats they are in."""
    if not len(points) or not (points[0] > 1.5).all():
        return points
    num_upper, num_lower = points[0].astype(int)
    rest = points[1:]
    if len(rest) != num_upper + num_lower:
        raise ValueError(f"it announces {num_upper} and {num_lower} points and has {len(rest)}.")
    return np.concatenate([rest[:num_upper][::-1], rest[num_upper + 1 :]])
