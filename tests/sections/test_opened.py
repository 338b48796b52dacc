"""Thin trailing edges are opened by what is missing, and nothing else moves."""

import numpy as np
import pytest

from invdesign.sections import SectionLayout, naca4, open_base
from invdesign.sections._measures import trailing_edge_thickness
from invdesign.sections._opened import LEAST_BASE

LAYOUT = SectionLayout()


@pytest.mark.parametrize("name", ["0002", "2404"])
def test_a_thin_base_is_opened_around_the_camber_line(name):
    thin = LAYOUT.fit(naca4(name))
    added = LEAST_BASE - float(trailing_edge_thickness(thin, LAYOUT))
    opened, (note,) = open_base(thin, LAYOUT)
    assert f"opened by {added:.1e} chords to 0.001" in note
    assert float(trailing_edge_thickness(opened, LAYOUT)) == pytest.approx(LEAST_BASE, rel=1e-3)
    (upper, lower), (over, under) = LAYOUT.sides(opened), LAYOUT.sides(thin)
    np.testing.assert_allclose(upper + lower, over + under, atol=1e-7)
    np.testing.assert_allclose(upper - over, 0.5 * added * LAYOUT.stations, atol=1e-7)
    assert open_base(opened, LAYOUT)[1] == []


def test_a_base_that_is_thick_enough_stays():
    surface = LAYOUT.fit(naca4("0006"))  # the thinnest that is common: 0.00126
    same, notes = open_base(surface, LAYOUT)
    assert same is surface and notes == []
