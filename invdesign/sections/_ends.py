"""The two ends of an outline: which is the nose."""

import dataclasses

import numpy as np

_NEAR = 0.05  # of the chord: here a nose is thick and a tail thin
_THICKER = 1.25  # a nose than its tail, so that the shape alone decides
_THINNER = 0.4  # a nose than its tail at most, where the points begin at the right end
_UPRIGHT = 0.5  # cosine of the angle between chord and x axis


@dataclasses.dataclass(frozen=True)
class Ends:
    """The ends of a loop: numbers of its points, and a frame along the chord between them.

    **Arguments:** `frame`: rows are along and across the chord, over its length, `(2, 2)`.
    """

    nose: int
    tail: int
    origin: np.ndarray
    frame: np.ndarray

    def along(self, point: np.ndarray) -> float:
        """Position of a point along the chord, 0 at the nose and 1 at the tail."""
        return float((point - self.origin) @ self.frame[0])


def find_ends(loop: np.ndarray) -> Ends:
    """The ends of a counterclockwise loop whose nose lies left of its tail.

    The nose is round and the tail thin, which must agree with the direction; where both ends are
    much alike, the points have to begin at the tail.

    **Raises:** `ValueError` if it cannot be told.
    """
    one = _farthest(loop, loop.mean(axis=0))
    other = _farthest(loop, loop[one])
    one = _farthest(loop, loop[other])
    left, right = sorted((one, other), key=lambda index: loop[index, 0])
    chord = loop[right] - loop[left]
    length = float(np.linalg.norm(chord))
    if chord[0] < _UPRIGHT * length:
        raise ValueError(
            "The section stands upright; turn it so that it lies along x, with its nose left."
        )
    frame = np.array([[chord[0], chord[1]], [-chord[1], chord[0]]]) / length**2
    ends = Ends(left, right, loop[left], frame)
    begins = ends.along(loop[0]) > 1 - _NEAR
    shape = (loop - loop[left]) @ frame.T
    if _thickness(shape, ends, _NEAR) < (_THINNER if begins else _THICKER) * _thickness(
        shape, ends, 1 - _NEAR
    ):
        raise ValueError(
            "The section's left end is thinner than its right one, or hardly thicker, so that its "
            "nose cannot be told; a section has its nose left and begins at its trailing edge."
        )
    return ends


def _farthest(loop: np.ndarray, point: np.ndarray) -> int:
    return int(np.argmax(np.linalg.norm(loop - point, axis=1)))


def _thickness(shape: np.ndarray, ends: Ends, along: float) -> float:
    """Distance of the two sides at a position along the chord."""
    turned = np.roll(shape, -ends.nose, axis=0)
    tail = (ends.tail - ends.nose) % len(shape)
    below, above = turned[: tail + 1], np.concatenate([turned[:1], turned[: tail - 1 : -1]])
    return abs(_height(above, along) - _height(below, along))


def _height(side: np.ndarray, along: float) -> float:
    """Where a side, nose first, reaches a position along the chord."""
    beyond = max(int(np.argmax(side[:, 0] >= along)), 1)
    (x0, y0), (x1, y1) = side[beyond - 1], side[beyond]
    return y0 + (y1 - y0) * (along - x0) / (x1 - x0) if x1 > x0 else y1
