"""Outlines of capsules."""

import numpy as np

_ARC = 33  # points of half a circle


def capsule_outline(ends: np.ndarray, radius: float) -> np.ndarray:
    """Closed curve around a capsule, `(corner, 2)`; one of length zero is a circle."""
    (x, y), half = ends[1] - ends[0], np.linspace(-0.5 * np.pi, 0.5 * np.pi, _ARC)
    ways = np.arctan2(y, x) + half[None] + np.asarray([[np.pi], [0.0]])
    arcs = np.stack([np.cos(ways), np.sin(ways)], axis=-1)
    return (ends[:, None] + radius * arcs).reshape(-1, 2)
