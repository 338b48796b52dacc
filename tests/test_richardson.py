"""Extrapolation from three grids."""

import math

import pytest

from invdesign._richardson import extrapolated


@pytest.mark.parametrize("order", [0.7, 1.0, 2.0, 3.5])
@pytest.mark.parametrize("cells", [(1, 2, 3), (1, 2, 4), (10, 13, 21)])
def test_a_power_law_is_extrapolated_exactly(order, cells):
    found = extrapolated([0.016 + 0.004 * n**-order for n in cells], cells)
    assert found.order == pytest.approx(order, rel=1e-6)
    assert found.limit == pytest.approx(0.016, rel=1e-8)


def test_the_three_finest_count():
    cells = (1, 2, 3, 4)
    values = [5.0, *(1 + n**-2.0 for n in cells[1:])]
    assert extrapolated(values, cells).limit == pytest.approx(1.0)


@pytest.mark.parametrize(
    "values", [[3.0, 2.0], [3, 2, 2.5], [3, 3, 3], [3, 2, 1], [1, 2, math.nan]]
)
def test_what_does_not_converge_has_no_limit(values):
    """The last but one falls as fast as before: no order above 0.2 does that."""
    assert extrapolated([float(v) for v in values], (1, 2, 3)) is None
