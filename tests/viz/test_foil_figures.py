"""Figures of flows around sections."""

import dataclasses
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from matplotlib.patches import Polygon

from invdesign import viz
from invdesign.families.airfoil._agreement import agreement_figure, errors_figure
from invdesign.families.airfoil._figures import FoilPair, flow_figure, walls_figure
from invdesign.families.airfoil._flows_file import read_flows, write_flows
from invdesign.families.airfoil._panels import (
    draw_field,
    draw_pressure,
    draw_shear,
    friction_coefficient,
    pressure_coefficient,
)
from invdesign.families.airfoil._run_figure import draw_polars
from invdesign.grids import OGrid
from invdesign.scenes import SectionFlow
from invdesign.sections import SectionLayout, naca4
from invdesign.viz._style import new_figure

LAYOUT, GRID = SectionLayout(num_side=22, num_base=3), OGrid(8, 0.02, 10.0)


@pytest.fixture(scope="module")
def flow():
    """A stress of 0.5 along x and a pressure of 25 at the wall, at a speed of 10."""
    layer = jnp.broadcast_to(jnp.arange(8.0)[:, None], (8, 48))
    made = SectionFlow(
        nodes=GRID(LAYOUT.fit(naca4("0012"))),
        velocity=jnp.stack([layer, layer], axis=-1),
        pressure=25.0 - layer,
        eddy_viscosity=layer,
        shear=jnp.broadcast_to(jnp.asarray([[0.5, 0.0]]), (48, 2)),
        stream=jnp.asarray([10.0, 0.0]),
    )
    return jax.device_get(made)


def test_coefficients_along_the_chord(flow):
    x, pressure = pressure_coefficient(flow)
    assert len(x) == 44  # without the base
    np.testing.assert_allclose(pressure, 0.5)
    # From the upper trailing edge to the nose and back.
    assert (np.diff(x[:22]) < 0).all() and (np.diff(x[22:]) > 0).all()
    _, friction = friction_coefficient(flow)
    assert (friction > 0).all() and friction.max() == pytest.approx(0.01, rel=1e-3)


def test_suction_is_up_however_often_it_is_drawn(flow):
    axes = viz.new_figure(3, 3).add_subplot()
    for _ in range(2):
        draw_pressure(axes, flow)
    assert axes.yaxis_inverted() and len(axes.lines) == 2
    draw_shear(axes, flow, color="red")
    assert axes.lines[-1].get_color() == "red"


def test_a_field_goes_all_around(flow):
    axes = viz.new_figure(3, 3).add_subplot()
    drawn = draw_field(axes, flow, flow.pressure, bounds=(0.0, 30.0), window=(-1, 2, -1, 1))
    assert (drawn.levels[0], drawn.levels[-1]) == (0, 30)
    assert axes.get_xlim() == (-1, 2) and axes.get_aspect() == 1
    axes.figure.canvas.draw()


def test_figures_of_pairs(flow):
    pairs = [FoilPair(flow, flow, name, "about it") for name in ("Best", "Worst")]
    figure = walls_figure(pairs, title="walls")
    assert len(figure.axes) == 6
    width, height = figure.get_size_inches()
    section = figure.axes[2]
    box, (low, high), (left, right) = section.get_position(), section.get_ylim(), section.get_xlim()
    scale = (right - left) / (box.width * width)
    assert (high - low) / (box.height * height) == pytest.approx(scale)  # in its true proportions
    figure.canvas.draw()
    with pytest.raises(ValueError, match="at least one pair"):
        walls_figure([], title="")
    figure = flow_figure(pairs[0])
    assert len(figure.axes) == 12  # six panels and their color bars
    figure.canvas.draw()


def test_agreement_and_errors():
    true = np.array([[0.1, 0.02], [0.5, 0.03]])
    found = np.array([[0.2, 0.021], [np.nan, 0.03]])
    figure = agreement_figure(
        {"Learned": {"ours": (found, true), "other": (true, true)}, "Fit": {"ours": (true, true)}},
        title="agreement",
    )
    assert len(figure.axes) == 4
    assert len({axes.get_xlim() for axes in figure.axes}) == 2
    figure.canvas.draw()
    errors = {"one": np.array([[0.0, 0.01], [0.02, np.inf]])}
    figure = errors_figure(errors, bars=[(0.005, 0.03), (0.01, 0.03)], title="errors")
    marks = figure.axes[0].collections[0].get_offsets()
    np.testing.assert_allclose(marks, [[0.5, 0.5], [3, 0.95]])
    figure.canvas.draw()
    for empty in (agreement_figure, errors_figure):
        options = {"bars": []} if empty is errors_figure else {}
        with pytest.raises(ValueError, match="at least one"):
            empty({}, title="", **options)


def test_a_polar_has_the_band_to_the_working_grid(tmp_path):
    """Angles that one of the grids has no numbers for are left out of it."""
    fixture = Path(__file__).parents[1] / "fixtures" / "0.2" / "run-airfoil" / "flows.npz"
    angles = np.arange(4.0)
    fine = np.stack([angles, 0.1 * angles, 0.01 + 0.001 * angles, 0 * angles], axis=1)
    coarse = fine + np.asarray([0, -0.01, 0.002, 0])
    coarse[2, 1:] = np.nan
    path = tmp_path / "flows.npz"
    write_flows(
        path,
        dataclasses.replace(read_flows(fixture), reference_polar=fine, coarse_polar=coarse),
    )
    axes = new_figure(3, 3).add_subplot()
    draw_polars(axes, read_flows(path), "learned")
    (band,) = axes.patches
    corners = np.concatenate([fine[[0, 1, 3]], coarse[[3, 1, 0]]])[:, [2, 1]]
    assert isinstance(band, Polygon)
    np.testing.assert_allclose(band.get_xy()[:6], corners, atol=1e-6)
    bare = new_figure(3, 3).add_subplot()
    draw_polars(bare, read_flows(fixture), "learned")
    assert not bare.patches
