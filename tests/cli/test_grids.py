"""`invdesign grids`: drag on finer and finer grids, without OpenFOAM."""

import dataclasses
import math

import pytest

from invdesign.families.airfoil import _grids
from invdesign.families.airfoil._trim import Trimmed
from invdesign.reference.openfoam._solver import FlowResult
from invdesign.scenes import SectionScene
from invdesign.sections import SectionLayout, naca4
from invdesign.sections._measures import section_area


@pytest.fixture
def solver(monkeypatch):
    """Drag of second order: 0.016 and the area's tenth, and a share of the cells' size squared."""

    def trimmed(scene, lift, solver):
        area = float(section_area(scene.surface))
        drag = 0.01 + 0.1 * area + 0.004 / solver.resolution**2
        result = FlowResult(None, lift=lift, drag=drag, wall_units=60 / solver.resolution)
        return Trimmed(result, 0.1, result)

    monkeypatch.setattr(_grids, "find_openfoam", lambda: None)
    monkeypatch.setattr(_grids, "trimmed", trimmed)


def test_drags_their_limit_and_the_saving(invoke, last_json, solver):
    said = invoke("grids", "0010", "--against", "0012", "--json")
    told = last_json(said)
    assert [row["cells"] for row in told["grids"]] == [4032, 16128, 36288]
    assert [row["wall_units"] for row in told["grids"]] == [60, 30, 20]
    drags = [row["drag"] for row in told["grids"]]
    assert drags[0] - drags[1] == pytest.approx(0.003, rel=1e-4)
    assert told["limit"]["order"] == pytest.approx(2, rel=1e-4)
    assert told["limit"]["drag"] == pytest.approx(drags[1] - 0.001, rel=1e-5)
    savings = [row["saved"] for row in told["grids"]]
    assert 0 < savings[0] < savings[1] < savings[2] < told["limit_saved"]
    assert "drag tends to" in said.stderr


def test_two_grids_tell_no_limit(invoke, last_json, solver):
    told = last_json(invoke("grids", "0010", "--finest", 2, "--json"))
    assert told["limit"] is None and told["against"] is None and len(told["grids"]) == 2
    assert any("do not tell" in note for note in told["notes"])


def test_a_grid_that_fails_ends_the_row(invoke, last_json, solver, monkeypatch):
    def fails(scene, lift, solver):
        failure = None if solver.resolution == 1 else "simpleFoam diverged."
        drag = 0.02 if failure is None else math.nan
        result = FlowResult(None, lift=lift, drag=drag, failure=failure)
        return Trimmed(result, 0.1, result)

    monkeypatch.setattr(_grids, "trimmed", fails)
    told = last_json(invoke("grids", "0010", "--json"))
    assert [row["drag"] for row in told["grids"]] == [0.02, None] and told["limit"] is None
    assert "NACA 0010: simpleFoam diverged." in told["notes"]


def test_a_run_says_what_of_its_saving_the_cells_are(solver, tmp_path, monkeypatch):
    first, last = (SectionScene(SectionLayout().fit(naca4(name)), 0.1) for name in ("0012", "0010"))
    path = tmp_path / "grids.csv"
    assert _grids.saved_by_grid(path) == []
    _grids.write_grids(path, first, last, 0.5, 3)
    (said,) = _grids.saved_by_grid(path)
    assert "lift of 0.5" in said and said.count("%") == 3
    shares = [float(part.split("(")[1]) for part in said.split("%")[:3]]
    rows = _grids.read_history(path)
    drags = [row["drag"] for row in rows]
    assert shares == pytest.approx(
        [100 * (1 - drags[k + 3] / drags[k]) for k in range(3)], abs=0.05
    )
    good = _grids.trimmed

    def fails(scene, lift, solver):
        found = good(scene, lift, solver)
        failure = "simpleFoam diverged." if solver.resolution == 3 else None
        return found._replace(result=dataclasses.replace(found.result, failure=failure))

    monkeypatch.setattr(_grids, "trimmed", fails)
    _grids.write_grids(path, first, last, 0.5, 3)
    assert _grids.saved_by_grid(path)[0].count("%") == 2


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        (("12",), "four digits"),
        (("0012", "--finest", 9), "at least 1 and at most 6"),
        (("nowhere.dat",), "no file"),
        (("0012", "--against", "nowhere.dat"), "no file"),
    ],
)
def test_what_is_refused(invoke, solver, given, reason):
    said = invoke("grids", *given)
    assert said.exit_code == 2 and reason in " ".join(said.stderr.split())
