"""What a number would be on cells of no size, from three grids."""

import math
from collections.abc import Sequence
from typing import NamedTuple

from scipy.optimize import brentq

_LOWEST, _HIGHEST = 0.2, 6.0  # orders that are believed


class Extrapolation(NamedTuple):
    """The order at which a number converges and where it goes to."""

    order: float
    limit: float


def extrapolated(values: Sequence[float], cells: Sequence[float]) -> Extrapolation | None:
    """Richardson's extrapolation from the three finest of some grids.

    `None` for fewer than three, where numbers do not move one way, or at an order below 0.2 or
    above 6, which no scheme has: nothing is known of the limit then.

    Source: Roache (1994), Perspective: a method for uniform reporting of grid refinement studies.

    **Arguments:** `values`: from coarse to fine; `cells`: along an axis, of each grid, growing.
    """
    if len(values) < 3 or not all(map(math.isfinite, values)):
        return None
    coarse, middle, fine = values[-3:]
    one, two, three = (1.0 / number for number in cells[-3:])
    if (coarse - middle) * (middle - fine) <= 0:
        return None
    wanted = (coarse - middle) / (middle - fine)

    def excess(order: float) -> float:
        return (one**order - two**order) / (two**order - three**order) - wanted

    if excess(_LOWEST) * excess(_HIGHEST) > 0:
        return None
    order = float(brentq(excess, _LOWEST, _HIGHEST))  # pyright: ignore[reportArgumentType]
    share = three**order / (two**order - three**order)
    return Extrapolation(order, fine + (fine - middle) * share)
