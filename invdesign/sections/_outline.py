"""Outlines from elsewhere: what is wrong with them, and a common position and size."""

from typing import Any

import numpy as np

_MIN_POINTS = 20
_OPEN = 0.05  # of the chord: a wider gap at the trailing edge is no blunt base


def checked_outline(points: Any) -> np.ndarray:
    """An outline as a float array, if it is the section of a wing in Selig's order (host side).

    Selig's order is counterclockwise: from the trailing edge over the top to the leading edge and
    back below. The first point may be repeated at the end.

    **Raises:** `ValueError` saying what is wrong: not finite pairs, too few points, repeated
    points, reversed, open at the trailing edge, or crossing itself.
    """
    try:
        outline = np.asarray(points, float)
    except (TypeError, ValueError):
        raise ValueError("A section is a list of pairs of numbers.") from None
    if outline.ndim != 2 or outline.shape[1] != 2:
        raise ValueError(f"A section is an array of shape (point, 2), got {outline.shape}.")
    if not np.isfinite(outline).all():
        raise ValueError(f"Point {int(np.argwhere(~np.isfinite(outline))[0, 0])} is not finite.")
    outline = _without_base(outline)
    if len(outline) < _MIN_POINTS:
        raise ValueError(f"A section needs at least {_MIN_POINTS} points, got {len(outline)}.")
    if (np.abs(np.diff(outline, axis=0)).max(axis=1) == 0).any():
        where = int(np.argmin(np.abs(np.diff(outline, axis=0)).max(axis=1)))
        raise ValueError(f"Points {where} and {where + 1} of the section are the same.")
    chord = np.ptp(outline[:, 0])
    gap = float(np.linalg.norm(outline[0] - outline[-1]))
    if not chord > 0 or gap > _OPEN * chord:
        raise ValueError(
            f"The section is open: its ends are {gap / max(chord, 1e-30):.3f} chords apart, at "
            f"most {_OPEN} are a blunt trailing edge."
        )
    if _area(outline) <= 0:
        raise ValueError("The section is reversed: it has to run over the top first, then below.")
    crossing = _first_crossing(outline)
    if crossing is not None:
        raise ValueError("The section crosses itself: edges {} and {}.".format(*crossing))
    return outline


def normalized(outline: np.ndarray) -> np.ndarray:
    """The outline moved, turned and scaled: leading edge at (0, 0), trailing edge around (1, 0).

    The leading edge is the point farthest from the middle of the trailing edge.
    """
    tail = 0.5 * (outline[0] + outline[-1])
    nose = outline[np.argmax(np.linalg.norm(outline - tail, axis=1))]
    along = tail - nose
    turn = np.array([[along[0], along[1]], [-along[1], along[0]]]) / (along @ along)
    return (outline - nose) @ turn.T


def _without_base(outline: np.ndarray) -> np.ndarray:
    """The outline without a last point that only closes its blunt trailing edge."""
    if len(outline) < 3 or (outline[0] != outline[-1]).any():
        return outline
    last = np.abs(outline[-1] - outline[-2])
    return outline[:-1] if last[0] < last[1] else outline


def _area(outline: np.ndarray) -> float:
    x, y = outline.T
    return 0.5 * float(np.sum(x * np.roll(y, -1) - y * np.roll(x, -1)))


def _first_crossing(outline: np.ndarray) -> tuple[int, int] | None:
    """Numbers of two edges that cross, the base's among them, or `None`."""
    start, end = outline, np.roll(outline, -1, axis=0)
    num = len(outline)

    def side(point: np.ndarray) -> np.ndarray:
        """Which side of edge i (rows) point j (columns) lies on."""
        edge, to = (end - start)[:, None], point[None] - start[:, None]
        return np.sign(edge[..., 0] * to[..., 1] - edge[..., 1] * to[..., 0])

    apart = side(start) * side(end) < 0
    crossing = np.argwhere(apart & apart.T & (np.arange(num)[:, None] < np.arange(num)))
    return None if not len(crossing) else (int(crossing[0, 0]), int(crossing[0, 1]))
