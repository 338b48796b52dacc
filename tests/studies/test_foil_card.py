"""Cards of models of sections, and the fits that stand beside them."""

import json

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from invdesign.families.airfoil._baselines import Perceptron, Polynomial, fit_baselines
from invdesign.families.airfoil._card import JudgedFoils, write_foil_card
from invdesign.families.airfoil._evaluate import FoilRecord, coefficient_errors
from invdesign.families.airfoil._pictures import ranked
from invdesign.grids import OGrid
from invdesign.io import save_weights
from invdesign.io._checksum import sha256
from invdesign.scenes import SectionFlow, SectionScene
from invdesign.sections import SectionLayout, naca4
from invdesign.studies._release import release_model

LAYOUT, GRID = SectionLayout(num_side=22, num_base=3), OGrid(8, 0.02, 10.0)


def cases(number, seed=0):
    """Parameters, and lift and drag that are a quadratic and an exponential of one."""
    rows = np.random.default_rng(seed).uniform(-1, 1, (number, 3))
    lift = 0.3 + rows[:, 0] - 0.5 * rows[:, 1] * rows[:, 2]
    return rows, np.stack([lift, 0.02 * np.exp(0.2 * rows[:, 1] ** 2)], axis=1)


def test_a_quadratic_is_found_exactly():
    fit = Polynomial.fit(*cases(30), degree=2)
    rows, wanted = cases(20, seed=1)
    np.testing.assert_allclose(fit(rows), wanted, rtol=1e-9)
    with pytest.raises(ValueError, match="degree 3 needs 20 cases, got 19"):
        Polynomial.fit(*cases(19), degree=3)


def test_the_network_learns_and_does_not_look_at_what_stops_it():
    given, coefficients = cases(200)
    fit = Perceptron.fit(given, coefficients, held_out=20, key=jax.random.key(0), num_steps=1000)
    rows, wanted = cases(50, seed=1)
    errors = coefficient_errors(fit(rows), wanted)
    assert errors["lift_offset"] < 0.05 * wanted[:, 0].std()
    assert errors["drag_error"] < 0.01
    assert np.abs(fit.inputs.mean - given[:180].mean(axis=0)).max() < 1e-12


def test_fits_without_enough_cases_are_left_out(monkeypatch):
    held = []

    def fit(parameters, coefficients, *, held_out, key):
        held.append(held_out)
        return Polynomial.fit(parameters, coefficients, degree=1)

    monkeypatch.setattr(Perceptron, "fit", staticmethod(fit))
    names = [fit_baselines(*cases(n), key=jax.random.key(0)).keys() for n in (8, 15, 40)]
    assert names[0] == {"small network"} and names[1] == {"quadratic", "small network"}
    assert len(names[2]) == 3 and held == [1, 1, 4]


def record(name, lift, drag):
    """A made-up flow, of which a model finds all but lift and drag."""
    scene = SectionScene(LAYOUT.fit(naca4("2412")), 0.05)
    field = jax.random.normal(jax.random.key(0), (8, 48))
    flow = SectionFlow(
        nodes=GRID(scene.surface),
        velocity=jnp.stack([10 + field, field], axis=-1),
        pressure=field,
        eddy_viscosity=field**2,
        shear=jnp.full((48, 2), 0.1),
        stream=scene.stream,
    )
    flow, scene = jax.device_get((flow, scene))
    true = np.array([0.5, 0.02, -0.05])
    return FoilRecord(name, scene, flow, flow, true, np.array([lift, drag, -0.05]))


@pytest.fixture(scope="module")
def judged():
    records = [record("poor", 0.6, 0.02), record("good", 0.5, 0.0201), record("fair", 0.5, 0.021)]
    found, true = (np.stack([getattr(r, key) for r in records]) for key in ("found", "true"))
    metrics = coefficient_errors(found, true) | {"num_cases": 3.0, "num_failed": 1.0}
    return {name: JudgedFoils("made up", metrics, records) for name in ("held-out", "NACA")}


def test_cases_are_ranked(judged):
    records = judged["held-out"].records
    assert [records[index].name for index in ranked(records)] == ["good", "fair", "poor"]
    hopeless = [*records, record("none", np.nan, 0.02)]
    assert hopeless[ranked(hopeless)[-1]].name == "none"


SPEEDS = {"value_seconds": 0.05, "gradient_seconds": 0.1, "num_cores": 2.0}


def test_a_card_with_everything(judged, tmp_path):
    true = judged["held-out"].coefficients[1]
    found = true * 1.02
    speeds = SPEEDS | {"solver_seconds": 2.0, "speedup": 40.0, "gradient_speedup": 20.0}
    card = write_foil_card(
        tmp_path / "card",
        "tiny",
        judged,
        about={"file": "tiny.safetensors", "sha256": "0" * 64},
        speeds=speeds,
        baselines={"quadratic": (coefficient_errors(found, true), found)},
        notes="## What was tried",
    )
    text = card.read_text()
    assert "| Drag, relative error, median (`drag_error`) | below 1 % | 0.5 % | 0.5 % |" in text
    assert "| held-out | wanted | the model | quadratic |" in text
    assert "| simpleFoam, one core | 2 s |  |" in text and "| 0.05 s | 40 |" in text
    assert "| Cases left out: the solver failed (`num_failed`) |  | 1 | 1 |" in text
    assert text.rstrip().endswith("## What was tried")
    pictures = {path.name for path in (tmp_path / "card").glob("*.png")}
    assert pictures == {
        *("agreement.png", "errors.png"),
        *("walls-held-out.png", "walls-naca.png", "flow-held-out.png", "flow-naca.png"),
    }
    assert all(f"({name})" in text for name in pictures)
    stored = json.loads((tmp_path / "card" / "metrics.json").read_text())
    assert stored["drag_error"] == stored["NACA"]["drag_error"] == pytest.approx(0.005)
    assert stored["baselines"]["quadratic"]["lift_error"] == pytest.approx(0.02)
    assert stored["speed"]["speedup"] == 40


def test_a_card_without_fits_or_openfoam_says_so(judged, tmp_path):
    first = {"held-out": judged["held-out"]}
    text = write_foil_card(tmp_path, "tiny", first, about={}, speeds=SPEEDS).read_text()
    assert "Left out: they need the training's data (`--training-data`)." in text
    assert "OpenFOAM is not installed there." in text
    with pytest.raises(ValueError, match="at least one set of cases"):
        write_foil_card(tmp_path, "tiny", {}, about={}, speeds=SPEEDS)


def test_a_model_of_sections_can_be_released(judged, tmp_path):
    weights = tmp_path / "best.safetensors"
    save_weights(weights, {"w": jnp.ones(3)}, {"family": "airfoil"})
    first = {"held-out": judged["held-out"]}
    write_foil_card(
        tmp_path / "card", "best", first, about={"sha256": sha256(weights)}, speeds=SPEEDS
    )
    (tmp_path / "pretrained").mkdir()
    entry = release_model(
        weights, tmp_path / "card", name="airfoil", data="made up", folder=tmp_path / "pretrained"
    )
    assert entry.errors.keys() == {"drag_error", "drag_error_95", "lift_error", "lift_error_95"}
