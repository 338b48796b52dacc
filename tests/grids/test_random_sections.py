"""Sections of every kind by formula have a grid without a bad cell, or are refused by name."""

import equinox as eqx
import numpy as np
import pytest

from invdesign.grids import OGrid
from invdesign.grids._measures import cell_areas, grid_fault, non_orthogonality
from invdesign.sections import SectionLayout, open_base
from invdesign.sections._measures import trailing_edge_thickness
from invdesign.sections._opened import LEAST_BASE

from ..outlines import random_section

LAYOUT = SectionLayout()
FEW, MANY = 8, 200


def surfaces(number):
    """As `invdesign polar` makes them of outlines."""
    for seed in range(number):
        section = random_section(np.random.default_rng([7, seed]))
        fitted = LAYOUT.fit(section.outline)
        surface, notes = open_base(fitted, LAYOUT)
        opened = float(trailing_edge_thickness(fitted, LAYOUT)) < 0.998 * LEAST_BASE
        assert bool(notes) == opened and (opened or not section.sharp)
        yield seed, surface


@pytest.mark.parametrize(
    ("number", "most"), [(FEW, 0), pytest.param(MANY, 2, marks=pytest.mark.slow)]
)
def test_random_sections_have_a_grid(number, most):
    @eqx.filter_jit
    def march(surface):
        nodes = OGrid()(surface)
        return nodes, cell_areas(nodes).min(), [a.max() for a in non_orthogonality(nodes)]

    refused = []
    for seed, surface in surfaces(number):
        nodes, smallest, askew = march(surface)
        fault = grid_fault(nodes)
        if fault is None:
            assert np.isfinite(nodes).all() and smallest > 0
            assert np.rad2deg(max(askew)) < 85, seed
        else:
            assert "inverted or not finite" in fault
            refused.append(seed)
    assert len(refused) <= most, refused
