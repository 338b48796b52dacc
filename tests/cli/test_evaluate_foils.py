"""`evaluate` on a model of sections of eight numbers a cell."""

import json
import shutil

import numpy as np
import pytest

from invdesign.families.airfoil import _judge
from invdesign.families.airfoil._data import generate_foils
from invdesign.families.airfoil._drawn import NacaFoils, RandomFoils
from invdesign.io import save_weights
from invdesign.reference import OpenFOAM
from invdesign.reference.openfoam._solver import FlowResult
from invdesign.simulators.mesh._build_flow import build_foil_simulator

from ..foils import FULL_HEADER, made_up_cases


@pytest.fixture(scope="module")
def foil_weights(place):
    path = place / "foils.safetensors"
    save_weights(path, build_foil_simulator(FULL_HEADER), FULL_HEADER)
    return path


@pytest.fixture(scope="module")
def made_up(place):
    """Folders of held-out, NACA and training cases that a fresh network has solved."""
    solve = made_up_cases()

    def solve_all(*arguments, **settings):
        return [
            *solve(*arguments, **settings)[:-1],
            FlowResult(None, failure="simpleFoam diverged."),
        ]

    sets = {"held": (1, RandomFoils()), "naca": (1, NacaFoils()), "learned": (0, RandomFoils())}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(OpenFOAM, "solve_all", solve_all)
        for name, (seed, foils) in sets.items():
            generate_foils(place / name, num_cases=4, seed=seed, foils=foils)
    return [place / name for name in sets]


@pytest.fixture
def no_openfoam(monkeypatch):
    monkeypatch.setenv("PATH", "")


def test_a_card_beside_the_solver_and_a_fit(
    foil_weights, made_up, invoke, last_json, no_openfoam, monkeypatch, tmp_path
):
    def fit(parameters, coefficients, *, key):
        return {"mean": lambda rows: np.repeat(coefficients.mean(0, keepdims=True), len(rows), 0)}

    monkeypatch.setattr(_judge, "fit_baselines", fit)
    held, naca, learned = made_up
    where = ("--data", held, "--naca-data", naca, "--training-data", learned)
    said = last_json(invoke("evaluate", foil_weights, *where, "--out", tmp_path, "--json"))
    assert (said["seed"], said["cases"], said["num_failed"]) == (1, 3, 1)
    assert said["drag_error"] < 1e-3 and said["NACA"]["lift_error"] < 1e-3
    assert said["baselines"]["mean"]["lift_error"] > 0.01
    assert said["speed"]["value_seconds"] > 0 and "solver_seconds" not in said["speed"]
    # A network without data: nothing is far from them.
    assert said["distance_to_data"] == said["num_far"] == 0 and said["notes"] == []
    card = (tmp_path / "card.md").read_text()
    assert "--cases 4 --seed 1" in card and "1 of the 4 are left out" in card
    assert "simpleFoam diverged." in card and "32 x 126 cells" in card
    stored = json.loads((tmp_path / "metrics.json").read_text())
    assert stored["drag_error"] == said["drag_error"]


def test_what_cannot_be_judged_by_is_refused(
    foil_weights, weights, made_up, invoke, refused, no_openfoam, tmp_path
):
    held, naca, _ = made_up
    both = ("--data", held, "--naca-data", naca)
    said = refused(invoke("evaluate", foil_weights, "--data", tmp_path / "none"))
    assert "`--data`" in said and "apt-get install openfoam" in said
    assert not (tmp_path / "none").exists()
    said = refused(invoke("evaluate", foil_weights, "--data", naca, "--naca-data", naca))
    assert "`invdesign data airfoil`" in said and "NacaFoils" in said
    said = refused(invoke("evaluate", foil_weights, *both, "--training-data", held))
    assert "3 of the cases to judge by are among those of" in said
    said = refused(invoke("evaluate", foil_weights, "--steps", 20))
    assert "`--steps` is no option of the report on models of sections" in said
    said = refused(invoke("evaluate", weights, "--naca-data", naca))
    assert "`--naca-data` is no option of the report on models of water" in said


@pytest.mark.skipif(shutil.which("simpleFoam") is None, reason="OpenFOAM is not installed")
@pytest.mark.slow  # compiles for long
def test_cases_are_solved_once(foil_weights, invoke, last_json, monkeypatch, tmp_path):
    where = ("--data", tmp_path / "held", "--naca-data", tmp_path / "naca", "--cases", 2)
    arguments = ("evaluate", foil_weights, *where, "--out", tmp_path / "card", "--json")
    first = last_json(invoke(*arguments))
    assert first["num_cases"] + first["num_failed"] == 2 and first["num_cases"] >= 1
    assert first["NACA"]["num_cases"] == 1
    assert first["drag_error"] > 0 and first["speed"]["solver_seconds"] > 0
    assert "Left out" in (tmp_path / "card" / "card.md").read_text()

    def solved_again(*_, **__):
        raise AssertionError("solved again")

    monkeypatch.setattr(OpenFOAM, "solve_all", solved_again)
    assert last_json(invoke(*arguments))["drag_error"] == first["drag_error"]


def test_a_model_of_many_reynolds_numbers_is_judged_by_its_own(
    place, made_up, refused, invoke, no_openfoam
):
    header, path = {**FULL_HEADER, "reynolds": [3e5, 3e6]}, place / "mixed.safetensors"
    save_weights(path, build_foil_simulator(header), header)
    held, naca, learned = made_up
    where = ("--data", held, "--naca-data", naca)
    said = refused(invoke("evaluate", path, *where))
    assert (
        "`--data` wants cases of `invdesign data airfoil-mixed`" in said and "RandomFoils" in said
    )
    assert "several" in refused(invoke("evaluate", path, *where, "--training-data", learned))
