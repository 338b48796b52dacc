"""Spaces of sections: the baseline, pins, reach."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from invdesign.sections import SectionLayout, naca4
from invdesign.sections._measures import leading_edge_radius
from invdesign.spaces import CST, FFD

LAYOUT = SectionLayout()
BASELINE = LAYOUT.fit(naca4("0012"))


def test_no_displacement_is_the_baseline_exactly():
    space = FFD(BASELINE, LAYOUT)
    design = space.decode(space.initial())
    np.testing.assert_array_equal(design.surface, BASELINE)
    np.testing.assert_allclose(design.angles, [0.09], rtol=1e-6)


def test_a_lattice_bends_as_its_formula():
    """Of two columns both are ends: opening them thickens linearly, the middle stays."""
    space = FFD(BASELINE, LAYOUT, columns=2, height=0.1)
    surface = space.bend(jnp.asarray([0.02, 0.01]))
    x, y = np.asarray(BASELINE).T
    np.testing.assert_allclose(surface[:, 1], y + y / 0.1 * (0.02 * (1 - x) + 0.01 * x), atol=1e-7)


def test_edges_stay_where_they_are():
    space = FFD(BASELINE, LAYOUT)
    for seed in range(5):
        surface = space.decode(space.sample(key=jax.random.key(seed))).surface
        np.testing.assert_array_equal(surface[:, 0], BASELINE[:, 0])
        upper, lower = LAYOUT.sides(surface)
        assert float(jnp.abs(upper[0])) < 1e-7
        assert float(jnp.abs(upper[-1] + lower[-1])) < 1e-7


def test_lattice_points_move_as_parameters_say():
    space = FFD(BASELINE, LAYOUT, columns=3)
    lower, upper = space.lattice(jnp.asarray([0.03, 0.001, 0.02, -0.002]))
    np.testing.assert_allclose(upper, [0.001, 0.05, -0.002], rtol=1e-6)
    np.testing.assert_allclose(lower, [-0.001, 0.01, 0.002], rtol=1e-6)


def test_no_direction_of_the_lattice_only_moves_or_turns_the_section():
    """The surface's slopes along all displacements, with a shift and a shear, are independent."""
    space = FFD(BASELINE, LAYOUT)
    slopes = jax.jacobian(space.bend)(jnp.zeros(8))[:, 1]
    moves = jnp.stack([jnp.ones(126), BASELINE[:, 0]], axis=1)
    all_of_them = jnp.concatenate([slopes, moves], axis=1)
    values = jnp.linalg.svd(
        all_of_them / jnp.linalg.norm(all_of_them, axis=0, keepdims=True), compute_uv=False
    )
    assert float(values[-1] / values[0]) > 1e-3


def test_class_and_shape_fit_a_section_and_its_nose():
    space = CST(BASELINE, LAYOUT, num_weights=6)
    design = space.decode(space.initial())
    assert float(jnp.abs(design.surface - BASELINE).max()) < 2e-4
    radius = 0.5 * float(design.parameters[0]) ** 2
    assert float(leading_edge_radius(design.surface, LAYOUT)) == pytest.approx(radius, rel=0.02)


@pytest.mark.parametrize("kind", [FFD, CST])
def test_bad_settings_are_refused(kind):
    with pytest.raises(ValueError, match="baseline of 126 points"):
        kind(BASELINE[:50], LAYOUT)
    with pytest.raises(ValueError, match="initial angles of attack between"):
        kind(BASELINE, LAYOUT, initial_angles=(0.5,))
    with pytest.raises(ValueError, match="needs"):
        FFD(BASELINE, LAYOUT, max_opening=0.1)
    with pytest.raises(ValueError, match="num_weights >= 2"):
        CST(BASELINE, LAYOUT, num_weights=1)
