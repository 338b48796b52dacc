"""Distances of points and segments on the host, where data are drawn and batches are made."""

import numpy as np


def segment_distance(points: np.ndarray, segments: np.ndarray) -> np.ndarray:
    """Distance of every point to every segment in metres, `(node, segment)`."""
    return length(segment_delta(points, segments))


def segment_delta(points: np.ndarray, segments: np.ndarray) -> np.ndarray:
    """Vector from the closest point of every segment to every point, `(node, segment, 2)`."""
    # By components: NumPy is slow at sums over an axis of two.
    (x, y), (start_x, start_y), (end_x, end_y) = points.T, segments[:, 0].T, segments[:, 1].T
    axis_x, axis_y = end_x - start_x, end_y - start_y
    squared = np.maximum(axis_x**2 + axis_y**2, 1e-12)
    offset_x, offset_y = x[:, None] - start_x[None], y[:, None] - start_y[None]
    along = np.clip((offset_x * axis_x[None] + offset_y * axis_y[None]) / squared[None], 0.0, 1.0)
    delta_x, delta_y = offset_x - along * axis_x[None], offset_y - along * axis_y[None]
    return np.stack([delta_x, delta_y], axis=-1)


def length(vectors: np.ndarray) -> np.ndarray:
    """Lengths of vectors `(..., 2)`."""
    return np.sqrt(vectors[..., 0] ** 2 + vectors[..., 1] ** 2)
