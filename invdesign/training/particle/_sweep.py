"""The simulator's sweep past obstacles and walls, on the host, for training data."""

import numpy as np

from ..._host_geometry import length, segment_delta
from ...simulators.particle._simulator import MARGIN, sweeps_of

Corners = tuple[np.ndarray, np.ndarray]  # the lower and the upper one of a box, in metres


def sweep(
    position: np.ndarray,
    move: np.ndarray,
    segments: np.ndarray,
    radius: float,
    *,
    dt: float,
    box: Corners,
) -> np.ndarray:
    """Positions after a displacement that enters neither capsules nor the walls of a box.

    The same as `Contact.move` and the clip after it in `ParticleSimulator`; what moves too
    fast for its number of parts is swept in more of them here, which hold it back as well.

    **Arguments:** `position`, `move`: `(node, 2)` in metres; `segments`: `(segment, 2, 2)`.
    """
    low, high = box[0] + MARGIN, box[1] - MARGIN
    if len(segments) == 0:
        return np.clip(position + move, low, high)
    count = np.maximum(sweeps_of(dt), np.ceil(length(move) / (0.9 * radius)))
    part = move / count[:, None]
    position = position.copy()
    for done in range(int(count.max(initial=0))):
        on = done < count
        position[on] = _push_out(position[on] + part[on], segments, radius)
    return np.clip(position, low, high)


def _push_out(position: np.ndarray, segments: np.ndarray, radius: float) -> np.ndarray:
    delta = segment_delta(position, segments)
    distance = length(delta)
    nearest = distance.argmin(axis=1)
    node = np.arange(len(position))
    delta, distance = delta[node, nearest], distance[node, nearest]
    push = np.maximum(radius - distance, 0.0) / np.maximum(distance, 1e-9)
    return position + push[:, None] * delta
