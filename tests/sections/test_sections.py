"""Sections of wings: formulas, outlines from elsewhere, measures."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from invdesign.sections import SectionLayout, naca4
from invdesign.sections._measures import (
    leading_edge_radius,
    section_area,
    thickness_at,
    trailing_edge_thickness,
)
from invdesign.sections._outline import checked_outline, normalized

LAYOUT = SectionLayout()


def test_naca_sections_are_as_published():
    """Ordinates in per cent of the chord from tables of NACA report 824 (0012, 2412)."""
    surface = LAYOUT.fit(naca4("0012"))
    measured = thickness_at(surface, LAYOUT, np.array([0.025, 0.1, 0.3, 0.6, 0.9]))
    np.testing.assert_allclose(
        measured, 0.02 * np.array([2.615, 4.683, 6.002, 4.563, 1.448]), atol=5e-5
    )
    cambered = naca4("2412")
    upper = cambered[:201][::-1]
    at = np.interp([0.1, 0.3, 0.6], upper[:, 0], upper[:, 1])
    np.testing.assert_allclose(at, [0.0563, 0.0788, 0.0636], atol=1e-4)


@pytest.mark.parametrize("thickness", ["06", "12", "18"])
def test_measures_of_symmetric_sections_are_those_of_the_formula(thickness):
    surface = LAYOUT.fit(naca4("00" + thickness))
    t = int(thickness) / 100
    assert float(leading_edge_radius(surface, LAYOUT)) == pytest.approx(1.1019 * t**2, rel=0.01)
    assert float(trailing_edge_thickness(surface, LAYOUT)) == pytest.approx(0.021 * t, rel=1e-3)
    coefficients = (0.2969 / 1.5, -0.1260 / 2, -0.3516 / 3, 0.2843 / 4, -0.1015 / 5)
    assert float(section_area(surface)) == pytest.approx(10 * t * sum(coefficients), rel=2e-3)
    assert float(thickness_at(surface, LAYOUT, np.array([0.3]))[0]) == pytest.approx(t, rel=1e-3)


def test_a_layout_gives_back_the_sides_it_is_given():
    upper, lower = jnp.linspace(0, 0.1, 62), jnp.linspace(0, -0.05, 62)
    surface = LAYOUT.surface(upper, lower)
    assert surface.shape == (LAYOUT.num_points, 2) == (126, 2)
    for given, found in zip((upper, lower), LAYOUT.sides(surface), strict=True):
        np.testing.assert_array_equal(given, found)
    fine = LAYOUT.refined(2)
    assert fine.num_points == 252
    np.testing.assert_allclose(fine.stations[::2], LAYOUT.stations, atol=1e-12)


def test_measures_are_differentiable():
    surface = LAYOUT.fit(naca4("2412"))
    for measure in (leading_edge_radius, trailing_edge_thickness):
        slope = jax.grad(lambda s, f=measure: f(s, LAYOUT))(surface)
        assert jnp.isfinite(slope).all() and jnp.abs(slope).max() > 0


def test_position_and_size_of_an_outline_do_not_matter():
    outline = naca4("2412")
    turn = np.array([[np.cos(0.3), -np.sin(0.3)], [np.sin(0.3), np.cos(0.3)]])
    moved = 2.5 * outline @ turn.T + [3.0, -1.0]
    np.testing.assert_allclose(normalized(moved), normalized(outline), atol=1e-7)
    np.testing.assert_allclose(LAYOUT.fit(moved), LAYOUT.fit(outline), atol=1e-6)


def test_a_repeated_first_point_is_the_base_or_a_sharp_edge():
    blunt = naca4("0012")
    closed = np.concatenate([blunt, blunt[:1]])
    np.testing.assert_array_equal(checked_outline(closed), blunt)
    wedge = blunt[:, 0] * blunt[0, 1]  # taken away, the sides meet in a point
    sharp = blunt - np.stack([0 * wedge, np.sign(blunt[:, 1]) * wedge], axis=1)
    np.testing.assert_array_equal(sharp[0], sharp[-1])
    assert len(checked_outline(sharp)) == len(sharp)
    assert float(trailing_edge_thickness(LAYOUT.fit(sharp), LAYOUT)) == pytest.approx(0, abs=1e-6)


def _twisted():
    outline = naca4("0012")
    outline[40:60, 1] *= -2
    return outline


def _stepped():
    outline = naca4("0012")
    outline[95:100, 0] = outline[95, 0] + 0.01 * np.arange(5)
    return outline


@pytest.mark.parametrize(
    ("outline", "reason"),
    [
        (naca4("0012", num=8), "at least 19 points, got 17"),
        (naca4("0012")[30:], "open"),
        (_twisted(), "crosses itself"),
        (np.repeat(naca4("0012", num=8), 2, axis=0), "at least 19 different points, got 17"),
        (naca4("0012") * [0, 1], "no area"),
        (naca4("0012") * 1e300, "too large or too small"),
        (naca4("0012") * [-1, 1], "nose cannot be told"),
        (naca4("0012")[:, ::-1], "stands upright"),
        (_stepped(), "upper side runs back along the chord at 0.5"),
        (np.full((30, 2), np.nan), "not finite"),
        (np.zeros((30, 3)), "shape"),
        ([["a", "b"]], "pairs of numbers"),
    ],
)
def test_what_is_no_section_is_refused_by_its_reason(outline, reason):
    with pytest.raises(ValueError, match=reason):
        checked_outline(outline)


@pytest.mark.parametrize("name", ["241", "24a2", "2400", "2012"])
def test_what_is_no_designation_is_refused(name):
    with pytest.raises(ValueError, match="NACA"):
        naca4(name)


def test_bad_layouts_are_refused():
    with pytest.raises(ValueError, match="`SectionLayout` needs"):
        SectionLayout(num_side=4)
