"""What stands in a file of coordinates: a name, points, and text that is neither."""

import codecs
import dataclasses
import re

import numpy as np

_COMMENTS = ("#", "!", "%", "//")
_SEPARATORS = re.compile(r"[\s,;]+")
_LEAST = 3  # points of a side
_FAR = 1.2  # of the section's size from its middle: no point of it
_JUMP = 0.5  # of the section's size, between the end of a side and the beginning of the other


@dataclasses.dataclass(frozen=True)
class SectionText:
    """The lines of a file, sorted.

    **Arguments:**

    - `header`: lines of text before the points.
    - `blocks`: points between lines of text, `(point, 2)` each.
    - `between`: number and content of the line before every block but the first.
    """

    header: tuple[str, ...]
    blocks: tuple[np.ndarray, ...]
    between: tuple[tuple[int, str], ...]


@dataclasses.dataclass(frozen=True)
class Reading:
    """An outline that lines may be, and the name that stands among their numbers."""

    points: np.ndarray
    name: str | None = None


def decoded(data: bytes) -> str:
    """Text in UTF-8, in UTF-16 with its mark, or else in Latin-1.

    **Raises:** `ValueError` if it is no text.
    """
    marked = data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    try:
        text = data.decode("utf-16" if marked else "utf-8-sig")
    except UnicodeDecodeError:
        text = data.decode("latin-1")
    if "\0" in text:
        raise ValueError("it is no text.")
    return text


def sorted_lines(text: str) -> SectionText:
    """The lines of a text without comments and blank ones.

    **Raises:** `ValueError` if there are no points, or a line is a pair with a damaged number.
    """
    header, blocks, between, waiting = [], [], [], None
    for number, whole in enumerate(text.splitlines(), start=1):
        line = _without_comment(whole)
        pair = _pair(line)
        if pair is None and line:
            if _damaged(line):
                raise ValueError(f"line {number} is no pair of numbers: {line[:60]!r}.")
            waiting = (number, line)
            if not blocks:
                header.append(line)
        elif pair is not None:
            if waiting and blocks:
                between.append(waiting)
            if waiting or not blocks:
                blocks.append([])
            blocks[-1].append(pair)
            waiting = None
    if not blocks:
        raise ValueError("it has no points; a point is a line of two numbers.")
    return SectionText(tuple(header), tuple(np.array(block) for block in blocks), tuple(between))


def readings(text: SectionText) -> list[Reading]:
    """All that the points may be, the likeliest first.

    Two numbers at the beginning may be how many points each side has, a name, or a point.

    **Raises:** `ValueError` if text stands within the points, or sides are longer or shorter than
    announced.
    """
    blocks, between, lead = list(text.blocks), list(text.between), None
    if len(blocks) > 1 and len(blocks[0]) == 1:
        lead, between = blocks.pop(0)[0], between[1:]
    if len(blocks) == 1:
        return _of_one(blocks[0], lead)
    first, second = blocks[:2]
    if lead is None and _announces(first[0], len(first) + len(second) - 1):
        first = first[1:]
    number, line = between[0]
    split = re.search(r"\d", line) is None or _apart(first, second)
    if len(blocks) > 2 or min(len(first), len(second)) < _LEAST or not split:
        raise ValueError(f"line {number} stands between points and is none: {line[:60]!r}.")
    return [Reading(_two_sides(first, second))]


def _of_one(points: np.ndarray, lead: np.ndarray | None) -> list[Reading]:
    """Readings of one block of points, and of the two numbers before it."""
    if lead is not None:
        if _announces(points[0], len(points) - 1):
            return [Reading(_of_one(points[1:], points[0])[0].points, _text(lead))]
        if _announces(lead, len(points)):
            split = int(lead[0])
            return [Reading(_two_sides(points[:split], points[split:]))]
        if _whole(lead) and _jumps(points):
            raise ValueError(
                f"it announces {lead[0]:g} and {lead[1]:g} points and has {len(points)}."
            )
        return [Reading(points, _text(lead))]
    if len(points) < 2 * _LEAST:
        return [Reading(points)]
    first, rest = points[0], points[1:]
    far = np.abs(first - rest.mean(axis=0)) > _FAR * float(np.ptp(rest, axis=0).max())
    if far.any() or _announces(first, len(rest)):
        return _of_one(rest, first)
    return [Reading(points), *(_of_one(rest, first) if _whole(first) else [])]


def _text(pair: np.ndarray) -> str:
    return " ".join(f"{value:g}" for value in pair)


def _whole(pair: np.ndarray) -> bool:
    return bool((pair == np.round(pair)).all() and (pair >= _LEAST).all())


def _announces(pair: np.ndarray, number: int) -> bool:
    """Whether two numbers are those of the points on each side."""
    return _whole(pair) and bool(pair.sum() == number)


def _apart(first: np.ndarray, second: np.ndarray) -> bool:
    size = float(np.ptp(first, axis=0).max())
    return float(np.linalg.norm(second[0] - first[-1])) > _JUMP * size


def _without_comment(line: str) -> str:
    line = line.strip()
    return "" if line.startswith(_COMMENTS) else line.split("#")[0].strip()


def _pair(line: str) -> tuple[float, float] | None:
    try:
        x, y = (float(word) for word in _SEPARATORS.split(line.strip(",;")))
    except ValueError:
        return None
    return None if "_" in line else (x, y)


def _damaged(line: str) -> bool:
    """Whether a line looks like a point: two words, of which the first or both are decimal."""
    words = line.split()
    decimal = [bool(re.search(r"\d", word)) and "." in word for word in words]
    return len(words) == 2 and (all(decimal) or bool(re.fullmatch(r"[-+]?\d*\.\d*", words[0])))


def _jumps(points: np.ndarray) -> bool:
    steps = np.linalg.norm(np.diff(points, axis=0), axis=1)
    return bool(steps.max() > _JUMP * float(np.ptp(points, axis=0).max()))


def _two_sides(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """One outline of two sides, which begin at the same end or run one after the other."""
    ahead, back = (np.linalg.norm(second[0] - first[end]) for end in (-1, 0))
    return np.concatenate([first if ahead < back else first[::-1], second])
