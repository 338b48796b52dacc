"""Flows on finer cells, told on coarser ones."""

import dataclasses
import math
import shutil

import jax.numpy as jnp
import numpy as np
import pytest

from invdesign.families.airfoil._trim import trimmed
from invdesign.grids import OGrid
from invdesign.grids._measures import wall_normals
from invdesign.reference import OpenFOAM
from invdesign.reference.openfoam._resolution import finer_section, restricted, wall_units
from invdesign.reference.openfoam._solver import FlowResult
from invdesign.scenes import SectionFlow, SectionScene
from invdesign.scenes._forces import foil_coefficients
from invdesign.sections import SectionLayout, naca4

SCENE = SectionScene(SectionLayout().fit(naca4("2412")), math.radians(3))
GRID = OGrid(num_layers=8, first=2e-2, distance=5.0)


def random_flow(factor, key=0):
    """Any fields on the grid with `factor` times the cells."""
    fine = finer_section(SCENE, factor)
    nodes = GRID.refined(factor)(fine.surface)
    rng = np.random.default_rng(key)
    cells = nodes.shape[0] - 1, nodes.shape[1]
    return SectionFlow(
        nodes=nodes,
        velocity=jnp.asarray(rng.normal(size=(*cells, 2)), jnp.float32),
        pressure=jnp.asarray(rng.normal(size=cells), jnp.float32),
        eddy_viscosity=jnp.full(cells, 3.0),
        shear=jnp.asarray(rng.normal(size=(cells[1], 2)), jnp.float32),
        stream=SCENE.stream,
    )


@pytest.mark.parametrize("factor", [2, 3])
def test_forces_and_levels_survive_a_restriction(factor):
    fine = random_flow(factor)
    coarse = restricted(fine, np.asarray(GRID(SCENE.surface)), factor)
    assert coarse.pressure.shape == (8, 126) and coarse.shear.shape == (126, 2)
    wanted, found = foil_coefficients(fine), foil_coefficients(coarse)
    assert float(found.lift) == pytest.approx(float(wanted.lift), abs=1e-6)
    assert float(found.drag) == pytest.approx(float(wanted.drag), abs=1e-6)
    np.testing.assert_allclose(coarse.eddy_viscosity, 3.0, rtol=1e-6)
    mean = np.asarray(fine.pressure)[factor : 2 * factor, :factor]
    assert mean.min() < float(coarse.pressure[1, 0]) < mean.max()
    normals = np.asarray(wall_normals(coarse.nodes))  # what pushes is pressure, as in OpenFOAM
    pushed = np.sum(np.asarray(coarse.shear) * normals, axis=1) / np.linalg.norm(normals, axis=1)
    np.testing.assert_allclose(pushed, 0.0, atol=1e-5)


def test_a_resolution_of_one_changes_nothing():
    flow = random_flow(1)
    assert restricted(flow, np.asarray(flow.nodes), 1) is flow
    assert finer_section(SCENE, 1) is SCENE


def test_wall_units_of_a_flat_plates_friction():
    """A shear of 0.04 has a friction velocity of 0.2; cells of 0.02 have centers at 0.01."""
    flow = dataclasses.replace(random_flow(1), shear=jnp.tile(jnp.asarray([[0.04, 0.0]]), (126, 1)))
    assert wall_units(flow, 1e-3) == pytest.approx(0.2 * 0.01 / 1e-3, rel=0.15)


def test_resolutions_multiply_and_bad_ones_are_refused():
    assert OpenFOAM(resolution=2).refined(3).resolution == 6
    with pytest.raises(ValueError, match="needs resolution >= 1, got 0"):
        OpenFOAM(resolution=0)


class _Linear(OpenFOAM):
    """Lift of 0.1 and 6 a radian, and a little curvature."""

    def solve(self, scene, *, case=None):
        angle = float(scene.angle)
        return FlowResult(None, lift=0.1 + 6 * angle - angle**2, drag=0.02)


class _Stuck(OpenFOAM):
    def solve(self, scene, *, case=None):
        return FlowResult(None, lift=0.3, drag=0.02)


def test_a_trim_finds_its_angle_or_says_so():
    found = trimmed(SCENE, 0.5, _Linear())
    assert 0.1 + 6 * found.angle - found.angle**2 == pytest.approx(0.5, abs=1e-4)
    assert found.result.failure is None
    stuck = trimmed(SCENE, 0.5, _Stuck())
    assert "lift is 0.3000 after" in str(stuck.result.failure)
    assert math.isnan(stuck.result.drag)


@pytest.mark.skipif(shutil.which("simpleFoam") is None, reason="OpenFOAM is not installed")
@pytest.mark.slow  # a quarter of a minute
def test_the_flow_told_has_the_solvers_coefficients():
    found = OpenFOAM(resolution=2).solve(SCENE)
    assert found.flow is not None
    assert found.flow.pressure.shape == (32, 126)
    told = foil_coefficients(found.flow)
    assert float(told.lift) == pytest.approx(found.lift, rel=1e-4)
    assert float(told.drag) == pytest.approx(found.drag, rel=1e-3)
    assert 10 < found.wall_units < 60
