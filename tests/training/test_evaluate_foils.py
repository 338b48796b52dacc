"""How learned flows are judged: on flows that a network has made up."""

import math

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from invdesign.families.airfoil._evaluate import coefficient_errors, evaluate_foils
from invdesign.families.airfoil._speed import foil_speeds
from invdesign.reference import OpenFOAM
from invdesign.scenes import SectionScene
from invdesign.scenes._forces import foil_coefficients
from invdesign.sections import naca4
from invdesign.simulators.mesh._build_flow import build_foil_simulator

from ..foils import HEADER, LAYOUT, MESH

DESCRIBED = {
    "kind": "NacaFoils",
    "solver": {"grid": MESH["grid"]},
    "layout": MESH["layout"],
    "statistics": {"failed": 2},
}


@pytest.fixture(scope="module")
def teacher():
    return build_foil_simulator(HEADER)


@eqx.filter_jit
def answer(simulator, scene):
    flow = simulator.step(*simulator.init(scene))[0]
    return flow, foil_coefficients(flow)


@pytest.fixture(scope="module")
def arrays(teacher):
    """Three sections as a data set has them."""
    rows = {}
    for digits, angle in (((2, 4, 12), 0.05), ((0, 3, 9), -0.02), ((4, 4, 15), 0.1)):
        scene = SectionScene(LAYOUT.fit(naca4("{}{}{:02d}".format(*digits))), angle)
        flow, found = answer(teacher, scene)
        row = {
            "parameters": [*digits, angle],
            "surface": scene.surface,
            "angle": scene.angle,
            "viscosity": scene.viscosity,
            "coefficients": [found.lift, found.drag, found.moment],
            **{
                key: getattr(flow, key)
                for key in ("velocity", "pressure", "eddy_viscosity", "shear")
            },
        }
        for key, value in row.items():
            rows.setdefault(key, []).append(np.asarray(value, np.float32))
    return {key: np.stack(values) for key, values in rows.items()}


def test_who_made_the_flows_has_no_errors(teacher, arrays):
    seen = []
    metrics, records = evaluate_foils(
        teacher, arrays, DESCRIBED, progress=lambda done, total: seen.append((done, total))
    )
    for key, value in metrics.items():
        if not key.startswith("num_"):
            assert abs(value) < 1e-3, key
    assert (metrics["num_cases"], metrics["num_failed"], metrics["num_nonfinite"]) == (3, 2, 0)
    assert [record.name for record in records] == ["NACA 2412", "NACA 0309", "NACA 4415"]
    assert seen == [(1, 3), (2, 3), (3, 3)]


def test_errors_are_those_of_the_records(teacher, arrays):
    off = {**arrays, "pressure": arrays["pressure"] + 5.0}
    off["coefficients"] = arrays["coefficients"] + np.array([0.1, 0.0, -0.01], np.float32)
    metrics, records = evaluate_foils(teacher, off, DESCRIBED | {"kind": "RandomFoils"})
    assert [record.name for record in records] == ["case 1", "case 2", "case 3"]
    assert metrics["lift_offset"] == pytest.approx(0.1, rel=1e-3)
    assert metrics["lift_bias"] == pytest.approx(-0.1, rel=1e-3)
    assert metrics["moment_offset"] == pytest.approx(0.01, rel=1e-2)
    assert metrics["drag_error"] < 1e-3 and metrics["velocity_field_error"] < 1e-3
    expected = np.median([5.0 / pressure.std() for pressure in arrays["pressure"]])
    assert metrics["pressure_field_error"] == pytest.approx(expected, rel=1e-3)


def test_answers_that_are_no_numbers_are_counted_and_not_hidden(teacher, arrays):
    bad = {**arrays, "surface": arrays["surface"].copy()}
    bad["surface"][0, 3] = np.nan
    metrics, _ = evaluate_foils(teacher, bad, DESCRIBED)
    assert metrics["num_nonfinite"] == 1
    assert metrics["drag_error"] < 1e-3 and math.isinf(metrics["drag_error_95"])


def test_cases_of_another_grid_are_refused(teacher, arrays):
    other = DESCRIBED | {"solver": {"grid": MESH["grid"] | {"first": 0.01}}}
    with pytest.raises(ValueError, match="another grid than the model's"):
        evaluate_foils(teacher, arrays, other)


def test_coefficient_errors():
    true = np.array([[0.5, 0.02], [0.01, 0.02], [1.0, 0.04]])
    found = true + np.array([[0.01, 0.0], [-0.01, 0.001], [0.04, -0.004]])
    errors = coefficient_errors(found, true)
    # A lift of 0.01 counts as 0.1.
    assert errors["lift_error"] == pytest.approx(0.04)
    assert errors["drag_error"] == pytest.approx(0.05)
    assert errors["drag_error_95"] == pytest.approx(np.quantile([0, 0.05, 0.1], 0.95))
    assert errors["drag_offset"] == pytest.approx(0.001)
    assert errors["drag_bias"] == pytest.approx(-0.001)
    assert "moment_offset" not in errors


@pytest.mark.slow  # compiles for long
def test_speeds_without_openfoam(teacher, arrays, monkeypatch):
    monkeypatch.setenv("PATH", "")
    scenes = [
        SectionScene(jnp.asarray(s), jnp.asarray(a))
        for s, a in zip(arrays["surface"], arrays["angle"], strict=True)
    ]
    speeds = foil_speeds(teacher, jax.device_get(scenes), OpenFOAM())
    assert speeds.keys() == {"value_seconds", "gradient_seconds", "num_cores"}
    assert all(value > 0 for value in speeds.values())
