"""Where water counts."""

import numpy as np


def goals(region: np.ndarray) -> np.ndarray:
    """Lower and upper corner of every box of the goal, `(box, 2, 2)`."""
    return np.asarray(region).reshape(-1, 2, 2)


def inside(position: np.ndarray, region: np.ndarray | None) -> np.ndarray:
    """Which particles `(node, 2)` are in the goal; all of them where there is none."""
    if region is None:
        return np.ones(len(position), bool)
    boxes = goals(region)
    above, below = position[:, None] >= boxes[:, 0], position[:, None] <= boxes[:, 1]
    return np.any((above & below).all(axis=-1), axis=-1)
