"""What is held out of a data set: in one place for all kinds of data."""

from collections.abc import Mapping
from typing import Any

import numpy as np

Arrays = dict[str, np.ndarray]


def split(arrays: Mapping[str, Any], held_out: int) -> tuple[Arrays, Arrays]:
    """Arrays to learn from, and the last `held_out` rows of each to judge by.

    **Raises:** `ValueError` if nothing would be left of one of the two.
    """
    number = min(len(rows) for rows in arrays.values())
    if not 0 < held_out < number:
        raise ValueError(
            f"`held_out` has to leave something to judge by and something to learn from: 1 to "
            f"{number - 1} of these {number} simulations, got {held_out}."
        )
    return (
        {key: rows[:-held_out] for key, rows in arrays.items()},
        {key: rows[-held_out:] for key, rows in arrays.items()},
    )
