"""Outlines from elsewhere: what is wrong with them, and a common position and size."""

from typing import Any

import numpy as np

from ._nose import chord_frame, foremost, nose_curve, rounding
from ._order import in_order

_MIN_POINTS = 19
_LARGEST = 1e100
_SLACK = 1e-4  # of the chord: so far a side may run back, as rounded numbers do
_TOUCH = 1e-5  # of the chord: so far sides may cross, as rounded numbers do
_COARSE = 5e-5  # of the chord: rounding to more leaves a nose's radius uncertain by a tenth
_MAY = "the radius of the nose, and with it drag and stall, may be off"
_SPARSE = 0.13  # a wider gap at the nose, in roots of the chord, does not determine its radius


def checked_outline(points: Any) -> np.ndarray:
    """An outline as a float array in Selig's order, if it is the section of a wing (host side).

    Selig's order is counterclockwise: from the trailing edge over the top to the leading edge and
    back below; points within a blunt base are left out, and a sharp trailing edge is the first and
    the last point. The given order may be any: either way round, from either edge, or two sides
    one after the other. Time and memory are linear in the number of points.

    **Raises:** `ValueError` saying what is wrong: not finite pairs, too few points, open, an order
    that can be read two ways, a side that runs back along the chord, or sides that cross.
    """
    try:
        outline = np.asarray(points, float)
    except (TypeError, ValueError):
        raise ValueError("A section is a list of pairs of numbers.") from None
    if outline.ndim != 2 or outline.shape[1] != 2:
        raise ValueError(f"A section is an array of shape (point, 2), got {outline.shape}.")
    if not np.isfinite(outline).all():
        raise ValueError(f"Point {int(np.argwhere(~np.isfinite(outline))[0, 0])} is not finite.")
    if np.abs(outline).max(initial=0.0) > _LARGEST or 0 < np.ptp(outline) < 1 / _LARGEST:
        raise ValueError("The section is too large or too small to be computed with.")
    if len(outline) < _MIN_POINTS:
        raise ValueError(f"A section needs at least {_MIN_POINTS} points, got {len(outline)}.")
    ordered = in_order(outline)
    if len(ordered) < _MIN_POINTS:
        raise ValueError(
            f"A section needs at least {_MIN_POINTS} different points, got {len(ordered)}."
        )
    _check_sides(ordered)
    return ordered


def normalized(outline: np.ndarray) -> np.ndarray:
    """The outline moved, turned and scaled: leading edge at (0, 0), trailing edge around (1, 0).

    The leading edge is the point farthest from the middle of the trailing edge on a smooth curve
    through the points, which need not be one of them.

    **Arguments:** `outline`: as `checked_outline` returns it.
    """
    curve = nose_curve(outline)
    origin, frame = chord_frame(outline, curve.nose)
    return (outline - origin) @ frame.T


def outline_notes(outline: np.ndarray) -> tuple[str, ...]:
    """Sentences about what the points of an outline do not determine, or none.

    **Arguments:** `outline`: as `checked_outline` returns it.

    **Raises:** `ValueError` if the points are too uneven for a smooth curve.
    """
    over, under = _sides(outline)
    notes = []
    wide = bool(np.sqrt(over[1, 0]) + np.sqrt(under[1, 0]) > _SPARSE)
    if nose_curve(outline).vague or wide:
        notes.append(
            f"the section has few points at its nose, the nearest {over[1, 0]:.2g} chords behind "
            f"it above and {under[1, 0]:.2g} below: {_MAY}"
        )
    unit = rounding(outline) / float(np.ptp(outline[:, 0]))
    if unit > _COARSE:
        notes.append(f"the section's coordinates are rounded to {unit:.2g} chords: {_MAY}")
    return tuple(notes)


def _sides(outline: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Upper and lower side over the chord, each from the foremost point to the trailing edge."""
    nose = foremost(outline)
    origin, frame = chord_frame(outline, outline[nose])
    points = (outline - origin) @ frame.T
    return points[nose::-1], points[nose:]


def _check_sides(outline: np.ndarray) -> None:
    over, under = _sides(outline)
    for name, side in (("upper", over), ("lower", under)):
        back = np.maximum.accumulate(side[:, 0]) - side[:, 0]
        if back.max() > _SLACK:
            where = float(side[int(np.argmax(back)), 0])
            raise ValueError(
                f"The section's {name} side runs back along the chord at {where:.3f} of it; it "
                "needs one y an x."
            )
    at = np.sort(np.concatenate([over[:, 0], under[:, 0]]))
    at = at[at <= min(over[-1, 0], under[-1, 0])]
    upper, lower = (
        np.interp(at, np.maximum.accumulate(side[:, 0]), side[:, 1]) for side in (over, under)
    )
    if (lower - upper).max() > _TOUCH:
        where = float(at[int(np.argmax(lower - upper))])
        raise ValueError(f"The section crosses itself at {where:.3f} of its chord.")
