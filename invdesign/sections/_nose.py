r"""A section as a curve that is smooth around its nose.

Behind a round nose a side's height grows as the root of the distance. So the curve is a cubic
spline over $s = \pm\sqrt{\xi}$, where $\xi$ is the distance behind the foremost given point, along
the normal of the section there. The normal comes from a parametric spline over the roots of the
points' distances (centripetal; Lee, 1989, Choosing nodes in parametric curve interpolation). The
nose is where this curve is farthest from the trailing edge; it need not be a given point.
"""

import dataclasses
from typing import Any

import numpy as np
from scipy.interpolate import CubicSpline
from scipy.optimize import brentq

_DIGITS = range(-2, 10)  # after the point, that coordinates may be rounded to
_ROUNDING = 1e-7  # of the chord: never taken to be finer
_FIRST = 10  # roundings behind the nose: nearer points say little about the distance to it
_STEP = 3000, 3e-3  # roundings, and chords: points nearer than both to others are left out, ...
_ROOT_STEP = 4  # ... and so many times that near in roots of the chord
_PAIRS = 6  # points of either side at the same stations: then they begin at the nose
_WINDOW = 10  # points on each side of the nose that determine its normal
_EXACT = 1e-5  # chords: a nose this near to a given point is that point
_BETTER = 0.5  # so much less are extrapolations off, where the nose is a given point
_DENSE = 0.4  # of the root of the nose's diameter: so near are points that its curvature shows
_APART = 0.5  # of the root of the nose's diameter: so far apart points may miss its curvature, ...
_UNEQUAL = 0.035  # ... and do if the two sides' slopes over the root differ by more than this
_TURN = 0.05  # radians that the normal may be corrected by
_STRAYS = 0.02  # chords, that a smooth side may be off the middle of two points
_HALVINGS, _TURNS = 50, 4
_SAMPLES, _REFINEMENTS = 101, 3


@dataclasses.dataclass(frozen=True)
class NoseCurve:
    """A section over the signed root $s$, positive on the lower side.

    **Arguments:**

    - `origin`, `frame`: the foremost given point, and rows along and across the normal there, over
      the chord.
    - `over`, `under`: heights of the two sides in that frame over the size of the root.
    - `root`: of the nose.
    """

    origin: np.ndarray
    frame: np.ndarray
    over: CubicSpline
    under: CubicSpline
    root: float = 0.0

    @property
    def nose(self) -> np.ndarray:
        """The leading edge, `(2,)`."""
        return self(np.array([self.root]))[0]

    @property
    def vague(self) -> bool:
        """Whether the points around the nose, of which it is none, do not agree on its radius.

        Measured on sections by NACA's formulas with 49 to 121 points: where they agree, the radius
        is off by less than 6%.
        """
        over, under = float(self.over(0.0, 1)), -float(self.under(0.0, 1))
        apart = float(self.over.x[1] + self.under.x[1]) > _APART * 0.5 * (over + under)
        return self.root != 0 and apart and abs(over - under) > _UNEQUAL * (over + under)

    def __call__(self, root: np.ndarray) -> np.ndarray:
        """Points of the curve, `(root, 2)`."""
        size = np.abs(root)
        height = np.where(root < 0, self.over(size), self.under(size))
        local = np.stack([size**2, height], axis=1)
        return self.origin + local @ self.frame / (self.frame[0] @ self.frame[0])

    def heights(self, outline: np.ndarray, stations: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Upper and lower heights at stations along the chord, in chords.

        Where a side ends ahead of a station, it is its last height. The chord is turned until its
        end is the middle of the two last heights, so that a fit of what is fitted is the same.
        """
        nose, frame = chord_frame(outline, self.nose)
        ends = -self.over.x[-1], self.under.x[-1]
        for _ in range(_TURNS):
            middle = 0.5 * sum(self._side(frame, nose, np.ones(1), end)[0] for end in ends)
            frame = _rotation(np.arctan(middle)) @ frame
        over, under = (self._side(frame, nose, stations, end) for end in ends)
        return over, under

    def _side(
        self, frame: np.ndarray, nose: np.ndarray, stations: np.ndarray, end: float
    ) -> np.ndarray:
        """Heights of a side by bisection between the nose and its end."""
        near, far = np.full(len(stations), self.root), np.full(len(stations), end)
        for _ in range(_HALVINGS):
            middle = 0.5 * (near + far)
            before = (self(middle) - nose) @ frame[0] < stations
            near, far = np.where(before, middle, near), np.where(before, far, middle)
        return (self(0.5 * (near + far)) - nose) @ frame[1]


def foremost(outline: np.ndarray) -> int:
    """The number of the point farthest from the middle of the trailing edge."""
    tail = 0.5 * (outline[0] + outline[-1])
    return int(np.argmax(np.linalg.norm(outline - tail, axis=1)))


def chord_frame(outline: np.ndarray, nose: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The nose, and rows along and across the chord over its length, `(2, 2)`."""
    along = 0.5 * (outline[0] + outline[-1]) - nose
    return nose, np.array([[along[0], along[1]], [-along[1], along[0]]]) / (along @ along)


def nose_curve(outline: np.ndarray) -> NoseCurve:
    """The curve through an outline in Selig's order.

    **Raises:** `ValueError` if the points are so uneven that it strays from them.
    """
    first = foremost(outline)
    origin, frame = chord_frame(outline, outline[first])
    points = (outline - origin) @ frame.T
    unit = max(_ROUNDING, rounding(outline) * float(np.linalg.norm(frame[0])))
    over, under = points[first::-1], points[first:]
    num = min(_PAIRS, len(over), len(under))
    paired = np.abs(over[1:num, 0] - under[1:num, 0]).max() <= 2 * unit
    over, under = _thinned(over, unit), _thinned(under, unit)
    turn = 0.0 if paired else _turn(over, under)
    if not all(_runs_on(side, turn) for side in (over, under)):
        turn = 0.0
    over, under = (_spline(side, turn, _FIRST * unit) for side in (over, under))
    _check_smooth(over, under)
    curve = NoseCurve(origin, _rotation(turn) @ frame, over, under)
    return dataclasses.replace(curve, root=_farthest(curve, outline)) if turn else curve


def rounding(outline: np.ndarray) -> float:
    """The unit of the last digit of an outline's coordinates; 0 if they have too many."""
    for digits in _DIGITS:
        scaled = outline * 10.0**digits
        if np.abs(scaled - np.round(scaled)).max() < 1e-4:
            return 10.0**-digits
    return 0.0


def _thinned(side: np.ndarray, unit: float) -> np.ndarray:
    """A side, nose first, without points so near to others that their rounding outweighs them."""
    step = min(_STEP[0] * unit, _STEP[1])
    last, kept = side[-1], [side[0]]
    for point in side[1:-1]:
        ahead = point[0] - kept[-1][0]
        if point[0] >= last[0] or ahead <= 0:
            continue
        roots = np.sqrt(point[0]) - np.sqrt(kept[-1][0])
        if max(ahead, abs(point[1] - kept[-1][1]), roots / _ROOT_STEP) >= step:
            kept.append(point)
    return np.array([*kept, last])


def _rotation(turn: float) -> np.ndarray:
    cos, sin = np.cos(turn), np.sin(turn)
    return np.array([[cos, sin], [-sin, cos]])


def _runs_on(side: np.ndarray, turn: float) -> bool:
    """Whether every point lies farther behind the nose than the one before."""
    return bool((np.diff((side @ _rotation(turn).T)[:, 0]) > 0).all())


def _spline(side: np.ndarray, turn: float, first: float) -> CubicSpline:
    along, across = (side @ _rotation(turn).T).T
    kept = (along == 0) | (along >= first)
    return CubicSpline(np.sqrt(along[kept]), across[kept])


def _check_smooth(over: CubicSpline, under: CubicSpline) -> None:
    """Refuse sides that stray far from straight lines between their points."""
    for name, side in (("upper", over), ("lower", under)):
        middle = 0.5 * (side.x[1:] + side.x[:-1])
        strays = np.abs(side(middle) - 0.5 * (side(side.x[1:]) + side(side.x[:-1])))
        if strays.max() > _STRAYS:
            raise ValueError(
                f"The points of the section's {name} side are too uneven for a smooth curve, at "
                f"{middle[int(np.argmax(strays))] ** 2:.3f} of its chord."
            )


def _turn(over: np.ndarray, under: np.ndarray) -> float:
    """Angle from the chord to the section's normal at the foremost point, in radians.

    It is 0 where that point is the nose, on which the sides then agree.
    """
    points = np.concatenate([over[_WINDOW:0:-1], under[: _WINDOW + 1]])
    steps = np.sqrt(np.linalg.norm(np.diff(points, axis=0), axis=1))
    at = np.concatenate([[0.0], np.cumsum(steps)])
    along, across = CubicSpline(at, points)(at[min(_WINDOW, len(over) - 1)], 1)
    turn = _evened(over, under, float(np.arctan2(along, -across)))
    sides = over, under
    straight, turned = (max(_missed(side, angle) for side in sides) for angle in (0.0, turn))
    return 0.0 if straight <= max(_EXACT, _BETTER * turned) else turn


def _evened(over: np.ndarray, under: np.ndarray, turn: float) -> float:
    """The angle near `turn` at which both sides have one slope over the root, if points are dense.

    So they have for one curvature.
    """

    def unequal(angle: float) -> float:
        return _slope(over, angle) + _slope(under, angle)

    nearest = np.sqrt(max(over[1, 0], under[1, 0]))
    ends = turn - _TURN, turn + _TURN
    dense = nearest <= _DENSE * 0.5 * (_slope(over, turn) - _slope(under, turn))
    bracketed = dense and unequal(ends[0]) * unequal(ends[1]) < 0
    root: Any = brentq(unequal, *ends) if bracketed else turn
    return float(root)


def _missed(side: np.ndarray, turn: float) -> float:
    """How far a side's next points, extrapolated over the root, miss its first one."""
    along, across = (side[1:5] @ _rotation(turn).T).T
    return abs(_at_zero(np.sqrt(along), across)) if (along > 0).all() else np.inf


def _slope(side: np.ndarray, turn: float) -> float:
    """Of a side's height over the root at its first point, from the next three, or NaN."""
    along, across = (side[1:4] @ _rotation(turn).T).T
    if (along <= 0).any():
        return np.nan
    return _at_zero(np.sqrt(along), across / np.sqrt(along))


def _at_zero(at: np.ndarray, values: np.ndarray) -> float:
    """The polynomial through values, at 0."""
    apart = at[None] - at[:, None] + np.diag(at)
    return float(values @ np.prod(at[None] / apart, axis=1, where=~np.eye(len(at), dtype=bool)))


def _farthest(curve: NoseCurve, outline: np.ndarray) -> float:
    """The root at which a curve is farthest from the middle of the trailing edge."""
    tail = 0.5 * (outline[0] + outline[-1])
    reach = min(side.x[min(2, len(side.x) - 1)] for side in (curve.over, curve.under))

    def distance(root: np.ndarray) -> np.ndarray:
        return np.linalg.norm(curve(root) - tail, axis=1)

    roots = np.linspace(-reach, reach, _SAMPLES)
    best = int(np.clip(np.argmax(distance(roots)), 1, _SAMPLES - 2))
    for _ in range(_REFINEMENTS):
        roots = np.linspace(roots[best - 1], roots[best + 1], _SAMPLES)
        best = int(np.clip(np.argmax(distance(roots)), 1, _SAMPLES - 2))
    return float(roots[best])
