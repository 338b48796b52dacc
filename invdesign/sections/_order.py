"""The order of an outline's points: whichever it is, brought into Selig's."""

import numpy as np

from ._ends import Ends, find_ends

_OPEN = 0.05  # of the chord: a wider gap at the trailing edge is no blunt base
_STAGGER = 0.01  # of the chord: a side that ends this far ahead of the other may lack points
_ROUNDING = 1e-6  # of the chord: shorter edges go anywhere
_JUMP = 0.5  # of the chord: so long an edge leads from one side's end to the other's beginning
_SAY_STEEP = (
    "The section ends in {:.3f} chords that rise or fall more than they run along it; at most "
    f"{_OPEN} of that are a blunt trailing edge."
)
_SAY_OPEN = (
    f"The section is open: its ends are {{:.3f}} chords apart, at most {_OPEN} are a blunt "
    "trailing edge."
)


def in_order(points: np.ndarray) -> np.ndarray:
    """An outline in Selig's order: from the upper trailing edge over the nose to the lower one.

    Takes loops that begin anywhere and run either way, closed or not, and two sides one after the
    other, as in Lednicer's format. Repeated points are dropped, and so are points within the base,
    which only joins the two ends. A sharp trailing edge is the first and the last point.

    **Raises:** `ValueError` if it is open, has no area, or does not say which end is the nose.
    """
    loop = _joined(_distinct(points))
    closed = len(loop) > 1 and bool((loop[0] == loop[-1]).all())
    loop = loop[:-1] if closed else loop
    if len(loop) < 3 or abs(_area(loop)) < 1e-9 * float(np.ptp(loop, axis=0).max()) ** 2:
        raise ValueError("The section encloses no area.")
    if _area(loop) < 0:
        loop = loop[::-1]
    ends = find_ends(loop)
    first, last = _base(loop, ends, not closed and _gap(loop, ends))
    turned = np.roll(loop, -last, axis=0)
    ordered = turned[: (first - last) % len(loop) + 1]
    return np.concatenate([turned, turned[:1]]) if first == last else ordered


def _distinct(points: np.ndarray) -> np.ndarray:
    same = (points[1:] == points[:-1]).all(axis=1)
    return points[np.concatenate([[True], ~same])]


def _joined(points: np.ndarray) -> np.ndarray:
    """Two sides in one loop, if these are two: both begin at the same end of the section."""
    size = float(np.ptp(points, axis=0).max()) if len(points) else 0.0
    steps = np.linalg.norm(np.diff(points, axis=0), axis=1)
    jumps = [
        jump + 1
        for jump in np.flatnonzero(steps > _JUMP * size)
        if min(_span(points[: jump + 1]), _span(points[jump + 1 :])) > 0.8 * size
    ]
    if len(jumps) != 1:
        return points
    return _distinct(np.concatenate([points[: jumps[0]][::-1], points[jumps[0] :]]))


def _span(points: np.ndarray) -> float:
    return float(np.linalg.norm(points[-1] - points[0])) if len(points) > 2 else 0.0


def _gap(loop: np.ndarray, ends: Ends) -> bool:
    """Whether the step from the last point to the first is a base that the file leaves open.

    Else it is an edge like its neighbors, or points are missing.
    """
    steps = np.abs((loop[[0, 1, -1]] - loop[[-1, 0, -2]]) @ ends.frame.T)
    at_tail = min(ends.along(loop[0]), ends.along(loop[-1])) > 1 - _OPEN
    if at_tail and steps[0, 1] > steps[0, 0]:
        return True
    apart, *near = np.linalg.norm(steps, axis=1)
    if apart > max(_STAGGER if at_tail else _OPEN, 2 * max(near)):
        raise ValueError(_SAY_OPEN.format(apart))
    return False


def _base(loop: np.ndarray, ends: Ends, gap: bool) -> tuple[int, int]:
    """Where the base of a counterclockwise loop begins, at the lower side, and where it ends.

    It is a run of edges that go up rather than along the chord; both are the same for a sharp one.
    """
    num = len(loop)
    edges = (np.roll(loop, -1, axis=0) - loop) @ ends.frame.T
    steep = edges[:, 1] > np.maximum(np.abs(edges[:, 0]), _ROUNDING)
    first, last = (num - 1, 0) if gap else (ends.tail, ends.tail)
    while steep[(first - 1) % num] and (last - first) % num < num // 3:
        first = (first - 1) % num
    while steep[last] and (last - first) % num < num // 3:
        last = (last + 1) % num
    width = float(np.linalg.norm((loop[last] - loop[first]) @ ends.frame.T))
    if width > _OPEN:
        alone = gap and (first, last) == (num - 1, 0)
        raise ValueError((_SAY_OPEN if alone else _SAY_STEEP).format(width))
    return first, last


def _area(outline: np.ndarray) -> float:
    x, y = outline.T
    return 0.5 * float(np.sum(x * np.roll(y, -1) - y * np.roll(x, -1)))
