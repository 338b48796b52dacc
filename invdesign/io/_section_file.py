"""`.dat`: the coordinates of a section, as airfoil programs exchange them."""

import dataclasses
from pathlib import Path
from typing import Any

import numpy as np

from ..sections._outline import checked_outline, outline_notes
from ._atomic import write_text
from ._reading import read_bytes
from ._section_text import Reading, decoded, readings, sorted_lines

_MOST_BYTES = 10_000_000
SAME = 1e-6  # of the chord, between two points that count as one


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

    The base of a blunt trailing edge is left open, as the format has it: points within are not
    written.

    **Arguments:** `outline`: as `checked_outline` takes it, `(point, 2)`.

    **Raises:** `ValueError` if it is no section, or the name is more than one line.
    """
    if "\n" in name or not name.strip():
        raise ValueError(f"A section's name is one line of text, got {name!r}.")
    points = written_points(outline)
    lines = [name.strip(), *(f"{x:10.7f} {y:10.7f}" for x, y in points)]
    return write_text(path, "\n".join(lines) + "\n")


def written_points(outline: Any) -> np.ndarray:
    """The points of an outline that a file holds: none that its digits cannot tell from another.

    **Raises:** `ValueError` as `checked_outline`.
    """
    points = checked_outline(outline)
    steps = np.linalg.norm(np.diff(points, axis=0), axis=1)
    return points[np.concatenate([[True], steps > SAME * np.ptp(points[:, 0])])]


def read_section(path: str | Path) -> StoredSection:
    """The section of a file of coordinates, in any of the orders and forms that they come in.

    The points may run either way from either edge, or one side after the other (Lednicer's format,
    with or without the numbers of points). Before and after them may be text, and comments
    anywhere; the unit does not matter.

    **Raises:** `ValueError` naming the file and what is wrong with it: no text, no points, a line
    that is no pair of numbers, or as `checked_outline` and
    `outline_notes`.
    """
    path = Path(path)
    content = read_bytes(path, limit=_MOST_BYTES)
    try:
        text = sorted_lines(decoded(content))
        found = _likeliest(readings(text))
        notes = outline_notes(found.points)
    except ValueError as error:
        raise ValueError(f"`{path}`: {error}") from error
    name = _printable(*text.header[:1]) or found.name or path.stem
    return StoredSection(found.points, name, notes)


def _printable(line: str = "") -> str:
    return "".join(letter if letter.isprintable() else " " for letter in line).strip()


def _likeliest(found: list[Reading]) -> Reading:
    """The first reading that is a section.

    **Raises:** `ValueError` with what is wrong with the first one, if none is.
    """
    reasons = []
    for reading in found:
        try:
            return Reading(checked_outline(reading.points), reading.name)
        except ValueError as error:
            reasons.append(error)
    raise reasons[0]
