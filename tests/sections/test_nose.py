"""The nose of sections: its place, its radius, and what points around it do not say."""

import time
import tracemalloc

import numpy as np
import pytest

from invdesign.sections import SectionLayout, naca4
from invdesign.sections._measures import leading_edge_radius
from invdesign.sections._outline import checked_outline, normalized, outline_notes

from ..outlines import class_shape, five_digits, four_digits, nose_radius

LAYOUT = SectionLayout()
MAKES = {
    "0006": lambda num: four_digits("0006", num),
    "0012": lambda num: four_digits("0012", num),
    "0024": lambda num: four_digits("0024", num),
    "2412": lambda num: four_digits("2412", num),
    "4415": lambda num: four_digits("4415", num),
    "6412": lambda num: four_digits("6412", num),
    "23012": lambda num: five_digits("23012", num),
    "CST": lambda num: class_shape([0.17, 0.16, 0.14, 0.15], [-0.15, -0.08, -0.1, 0.02], num),
    "CST, two radii": lambda num: class_shape([0.3, 0.1, 0.25], [-0.1, -0.2, -0.02], num),
}


@pytest.mark.parametrize(("num", "off"), [(15, 0.06), (31, 0.04), (61, 0.03), (400, 0.02)])
@pytest.mark.parametrize("name", MAKES)
def test_the_radius_is_that_of_the_formula(name, num, off):
    """From 29 points in all to 799; for NACA 6412 it was five times the right one from 30."""
    make = MAKES[name]
    found = float(leading_edge_radius(LAYOUT.fit(make(num).outline), LAYOUT))
    assert found == pytest.approx(nose_radius(make), rel=off)
    if name.isdecimal() and len(name) == 4:
        assert found == pytest.approx(1.1019 * (int(name[2:]) / 100) ** 2, rel=max(off, 0.03))


@pytest.mark.parametrize("name", MAKES)
def test_fewer_points_give_the_same_surface(name):
    fine, coarse = (np.asarray(LAYOUT.fit(MAKES[name](num).outline)) for num in (1000, 31))
    np.testing.assert_allclose(coarse, fine, atol=1e-4)


def test_points_that_are_rounded_or_thousands_give_the_same_surface():
    known = LAYOUT.fit(four_digits("4415", 1000).outline)
    for num, digits in ((121, 6), (4000, 6), (61, 5), (400, 5)):
        outline = four_digits("4415", num).outline.round(digits)
        np.testing.assert_allclose(LAYOUT.fit(outline), known, atol=1e-4)


def test_the_nose_need_not_be_a_given_point():
    """Of a few points none is the nose, of thousands one nearly is."""
    coarse, fine = (normalized(four_digits("6412", num).outline) for num in (31, 4001))
    assert np.linalg.norm(coarse, axis=1).min() > 2e-3
    assert np.linalg.norm(fine, axis=1).min() < 1e-4


@pytest.mark.parametrize("name", ["0012", "2412", "4415", "CST"])
@pytest.mark.parametrize("num", [15, 19, 31, 61])
def test_no_concavity_is_made_up(name, num):
    surface = np.asarray(LAYOUT.fit(MAKES[name](num).outline))[: 2 * LAYOUT.num_side + 1]
    direction = np.unwrap(np.arctan2(*np.diff(surface, axis=0).T[::-1]))
    assert np.diff(direction)[surface[1:-1, 0] < 0.3].min() > 0


def test_sparse_points_are_said():
    for make in (MAKES["0012"], MAKES["4415"]):
        assert outline_notes(checked_outline(make(61).outline)) == ()
        assert outline_notes(checked_outline(make(31).outline)) == ()
        (note,) = outline_notes(checked_outline(make(19).outline))
        assert "few points at its nose" in note
    made = four_digits("0012", 1001)
    even = np.linspace(0, 1, 51)[:, None] ** [1, 0]
    even[:, 1] = np.interp(even[:, 0], *made.upper.T)  # 51 points a side, all at even distances
    (note,) = outline_notes(np.concatenate([even[::-1], even[1:] * [1, -1]]))
    assert "0.02 chords" in note
    (note,) = outline_notes(MAKES["0012"](61).outline.round(4))
    assert "rounded to 0.0001 chords" in note
    assert outline_notes(MAKES["0012"](61).outline.round(5)) == ()


@pytest.mark.parametrize(
    "name", ["0006", "4406", "6206", "6208", "6210", "21006", "21008", "21012"]
)
def test_a_radius_that_is_off_is_said(name):
    """Of thin sections with steep noses, NACA 21006 the worst: 8% off from 61 points in all."""
    make = four_digits if len(name) == 4 else five_digits
    known = nose_radius(lambda num: make(name, num))
    for num in (15, 25, 31, 41, 61):
        outline = checked_outline(make(name, num).outline)
        found = float(leading_edge_radius(LAYOUT.fit(outline), LAYOUT))
        assert outline_notes(outline) or found == pytest.approx(known, rel=0.06)


@pytest.mark.parametrize("name", ["0012", "2412", "4415", "6412", "23012"])
def test_nothing_is_said_about_the_nose_of_an_ordinary_section(name):
    make = four_digits if len(name) == 4 else five_digits
    for num in (31, 61):
        assert outline_notes(checked_outline(make(name, num).outline)) == ()


def test_points_without_a_smooth_curve_are_refused():
    """A spline through them would stray far from all of them."""
    made = four_digits("2412", 61)
    made.upper[30] = made.upper[31] - [2e-4, 0.01]  # a step down, and up at once
    with pytest.raises(ValueError, match=r"upper side are too uneven for a smooth curve, at 0.50"):
        LAYOUT.fit(made.outline)


def test_time_and_memory_are_linear():
    """8,000 points took 28 s and 2.7 GB."""
    outline = naca4("2412", num=4000)
    LAYOUT.fit(outline)
    tracemalloc.start()
    began = time.process_time()
    LAYOUT.fit(outline)
    seconds, (_, most) = time.process_time() - began, tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert seconds < 5 and most < 50e6
