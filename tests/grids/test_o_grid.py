"""Grids around sections: no cell inverted, heights and sizes as asked, differentiable."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from invdesign.families.airfoil._drawn import MixedFoils
from invdesign.grids import OGrid
from invdesign.grids._measures import (
    bad_cells,
    cell_areas,
    cell_centers,
    grid_fault,
    non_orthogonality,
    smallest_cell,
    wall_normals,
)
from invdesign.sections import SectionLayout, naca4, open_base
from invdesign.sections._measures import section_area
from invdesign.spaces import FFD

LAYOUT = SectionLayout()
BASELINE = LAYOUT.fit(naca4("0012"))
GRID = OGrid()


@pytest.fixture(scope="module")
def march():
    return eqx.filter_jit(GRID)


@pytest.mark.parametrize("name", ["0012", "2412", "4415", "6409", "0006", "4421"])
def test_no_cell_is_inverted(name, march):
    nodes = march(LAYOUT.fit(naca4(name)))
    assert nodes.shape == (33, 126, 2)
    assert float(cell_areas(nodes).min()) > 0
    assert max(float(jnp.rad2deg(angles.max())) for angles in non_orthogonality(nodes)) < 75
    first = np.linalg.norm(nodes[1] - nodes[0], axis=1)
    assert np.abs(np.median(first) / GRID.first - 1) < 0.1
    far = np.linalg.norm(np.asarray(nodes[-1]) - np.asarray(nodes[0]).mean(0), axis=1)
    assert (np.abs(far / GRID.distance - 1) < 0.1).all()


def test_layers_fill_the_distance():
    heights = GRID.first * GRID.ratio ** np.arange(GRID.num_layers)
    assert heights.sum() == pytest.approx(GRID.distance)
    finer = GRID.refined(2)
    assert finer.num_layers == 64
    assert finer.ratio**2 == pytest.approx(GRID.ratio)
    # Two layers of the finer grid are one of the coarser.
    assert finer.first * (1 + finer.ratio) == pytest.approx(GRID.first)
    many = GRID.refined(16)
    assert many.ratio**16 == pytest.approx(GRID.ratio)


@pytest.fixture(scope="module")
def finer():
    return eqx.filter_jit(GRID.refined(2))


def lean(nodes):
    """Mean sine of the angles between a base's normal and the rays that leave it."""
    surface, ring = np.asarray(nodes[0]), np.asarray(nodes[1])
    base = surface[:, 0] > surface[:, 0].max() - 1e-6
    rays = (ring - surface)[base]
    return float(np.mean(rays[:, 1] / np.linalg.norm(rays, axis=1)))


@pytest.mark.parametrize(
    ("surface", "tipped"),
    [
        (LAYOUT.fit(naca4("0012")), 0.0),
        (LAYOUT.fit(naca4("4415")), 0.49),
        (MixedFoils().cases(35, 36, 2)[1][0].surface, 0.97),
    ],
    ids=["0012", "4415", "mixed"],
)
def test_rays_leave_a_base_evenly(surface, tipped, finer):
    """A single step across the edges of a base tips them, and inverts cells of the last one."""
    fine = LAYOUT.refined(2).fit(np.asarray(surface))
    assert lean(finer(fine, substeps=1)) == pytest.approx(tipped, abs=0.02)
    nodes = finer(fine, substeps=8)
    assert nodes.shape == (65, 252, 2)
    assert abs(lean(nodes)) < 0.05 and not bad_cells(nodes).any()


def test_areas_add_up(march):
    nodes = march(BASELINE)
    whole = section_area(nodes[-1]) - section_area(nodes[0])
    assert float(cell_areas(nodes).sum()) == pytest.approx(float(whole), rel=1e-4)


def test_measures_on_rings_around_a_circle():
    """Exact where it can be said by hand: a polar grid."""
    angle = np.linspace(0, 2 * np.pi, 12, endpoint=False)
    circle = np.stack([np.cos(angle), np.sin(angle)], axis=1)
    nodes = jnp.asarray([radius * circle for radius in (1.0, 2.0, 4.0)])
    trapezoid = 0.5 * (2**2 - 1) * np.sin(np.pi / 6)
    np.testing.assert_allclose(cell_areas(nodes)[0], trapezoid, rtol=1e-5)
    centers = cell_centers(nodes)
    middle = angle + np.pi / 12
    np.testing.assert_allclose(np.arctan2(*centers[0, :6].T[::-1]), middle[:6], rtol=1e-5)
    assert max(float(angles.max()) for angles in non_orthogonality(nodes)) < 1e-3
    normals = np.asarray(wall_normals(nodes))
    outward = np.stack([np.cos(middle), np.sin(middle)], axis=1)
    np.testing.assert_allclose(normals, 2 * np.sin(np.pi / 12) * outward, atol=1e-6)


def test_a_mirrored_surface_has_a_mirrored_grid(march):
    """Camber up or down: the same grid upside down, points in reverse."""
    surface = LAYOUT.fit(naca4("4412"))
    num = 2 * LAYOUT.num_side + 1
    order = np.concatenate([np.arange(num)[::-1], np.arange(num, LAYOUT.num_points)[::-1]])
    flip = jnp.asarray([[1.0, -1.0]])
    mirrored = march((surface * flip)[order])
    np.testing.assert_allclose(mirrored, march(surface)[:, order] * flip[None], atol=2e-4)


def test_the_grid_follows_the_surface_smoothly():
    """The derivative of all nodes along a deformation, against a difference, in doubles."""
    with jax.enable_x64(True):
        surface = jnp.asarray(BASELINE, jnp.float64)
        bump = jnp.stack([jnp.zeros(126), jnp.sin(jnp.pi * surface[:, 0]) ** 2], axis=1)
        _, slope = jax.jvp(GRID, (surface,), (bump,))
        step = 1e-6
        change = (GRID(surface + step * bump) - GRID(surface - step * bump)) / (2 * step)
        np.testing.assert_allclose(slope, change, atol=1e-5 * float(jnp.abs(slope).max()))


def test_the_smooth_minimum_is_below_the_minimum_and_near_it(march):
    nodes = march(BASELINE)
    areas = np.asarray(cell_areas(nodes), np.float64)
    least = (areas / areas.mean(axis=1, keepdims=True)).min()
    for sharpness in (50.0, 200.0, 1000.0):
        slack = least - float(smallest_cell(nodes, sharpness))
        assert -1e-5 < slack < np.log(areas.size) / sharpness


def test_a_folded_cell_is_seen_and_its_gradient_unfolds_it(march):
    nodes = march(BASELINE)
    folded = nodes.at[5, 40].set(nodes[8, 40])
    assert float(cell_areas(folded).min()) < 0
    value, slope = jax.value_and_grad(smallest_cell)(folded)
    assert float(value) < 0
    back = nodes[5, 40] - folded[5, 40]
    assert float(jnp.vdot(slope[5, 40], back)) > 0


def test_bad_cells_are_those_that_are_none():
    """By hand: one cell a column, so that each column is bad or not for one reason."""
    x = np.arange(8.0)
    rings = np.stack([np.stack([x, 0 * x], 1), np.stack([x, 0 * x + 1], 1)])[:, ::-1]

    def bad(ring, point, at):
        changed = rings.copy()
        changed[ring, point] = at
        return np.flatnonzero(np.asarray(bad_cells(jnp.asarray(changed)))[0, :-1]).tolist()

    assert bad(0, 3, rings[0, 3]) == []
    assert bad(1, 3, rings[0, 3] + [0.3, 0.7]) == []  # askew
    assert bad(1, 3, [np.nan, 0]) == [2, 3]
    assert bad(1, 3, rings[0, 3] - [0, 3]) == [2, 3]  # turned inside out
    # It crosses its neighbor's ray: one of both keeps most of its area, and crosses itself.
    crossed = rings.copy()
    crossed[1, 3] = rings[1, 3] - [1.2, 0.0]
    areas = np.asarray(cell_areas(jnp.asarray(crossed)))[0, :-1]
    found = np.asarray(bad_cells(jnp.asarray(crossed)))[0, :-1]
    assert areas.min() > 0 and np.flatnonzero(found).tolist() == [3]


@pytest.mark.parametrize("name", ["0012", "2412", "4421", "6409"])
def test_a_sharp_edge_has_no_grid_and_an_opened_one_has(name, march):
    surface = LAYOUT.fit(naca4(name))
    upper, lower = LAYOUT.sides(surface)
    half = 0.5 * (upper - lower)[-1] * jnp.asarray(LAYOUT.stations, upper.dtype)
    sharp = LAYOUT.surface(upper - half, lower + half)
    fault = grid_fault(march(sharp))
    assert fault is not None and "inverted or not finite" in fault
    opened, _ = open_base(sharp, LAYOUT)
    nodes = march(opened)
    assert grid_fault(nodes) is None
    assert max(float(jnp.rad2deg(angles.max())) for angles in non_orthogonality(nodes)) < 80


def smallest_areas(number, seed):
    """The smallest cell, by the smooth minimum, of random designs of the widest space."""
    space = FFD(BASELINE, LAYOUT)

    def smallest(key):
        return smallest_cell(GRID(space.decode(space.sample(key=key)).surface))

    keys = jax.random.split(jax.random.key(seed), number)
    return np.asarray(eqx.filter_jit(lambda k: jax.lax.map(smallest, k, batch_size=16))(keys))


def test_random_designs_have_no_inverted_cells():
    assert smallest_areas(64, seed=1).min() > 0


@pytest.mark.slow
def test_ten_thousand_random_designs_have_no_inverted_cells():
    assert smallest_areas(10_000, seed=0).min() > 0


@pytest.mark.parametrize("options", [{"num_layers": 1}, {"first": 0.0}, {"first": 1.0}])
def test_bad_settings_are_refused(options):
    with pytest.raises(ValueError, match="`OGrid` needs"):
        OGrid(**options)
