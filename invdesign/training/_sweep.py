"""The simulator's sweep past obstacles and walls, on the host, for training data."""

import numpy as np

from ..simulators.particle import MARGIN, num_sweeps
from ._scenes import length, segment_delta


def sweep(
    position: np.ndarray, move: np.ndarray, segments: np.ndarray, radius: float, *, dt: float
) -> np.ndarray:
    """Positions after a displacement that enters neither capsules nor the unit box's walls.

    The same as `CapsuleContact.move` and the clip after it in `ParticleSimulator`.

    **Arguments:** `position`, `move`: `(node, 2)` in metres; `segments`: `(segment, 2, 2)`.
    """
    if len(segments) == 0:
        return np.clip(position + move, MARGIN, 1 - MARGIN)
    count = num_sweeps(dt)
    part = move / count
    part = part * np.minimum(1.0, 0.9 * radius / np.maximum(length(part), 1e-12))[:, None]
    node = np.arange(len(position))
    for _ in range(count):
        position = position + part
        delta = segment_delta(position, segments)
        distance = length(delta)
        nearest = distance.argmin(axis=1)
        delta, distance = delta[node, nearest], distance[node, nearest]
        push = np.maximum(radius - distance, 0.0) / np.maximum(distance, 1e-9)
        position = position + push[:, None] * delta
    return np.clip(position, MARGIN, 1 - MARGIN)
