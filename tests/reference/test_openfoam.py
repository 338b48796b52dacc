"""OpenFOAM around sections: known figures, symmetry, forces, and cases that fail."""

import math
import re
import shutil
import subprocess

import jax.numpy as jnp
import numpy as np
import pytest

from invdesign import RESULTS
from invdesign.grids._measures import wall_normals
from invdesign.reference import OpenFOAM
from invdesign.reference.openfoam import _solver
from invdesign.reference.openfoam._case import write_case
from invdesign.reference.openfoam._solver import _environment, _stands, find_openfoam
from invdesign.scenes import SectionScene
from invdesign.scenes._forces import foil_coefficients
from invdesign.sections import SectionLayout, naca4

LAYOUT = SectionLayout()
SECTION = LAYOUT.fit(naca4("0012"))
needs_openfoam = pytest.mark.skipif(
    shutil.which("simpleFoam") is None, reason="OpenFOAM is not installed"
)


@pytest.fixture(scope="module")
def lifting(tmp_path_factory):
    """NACA 0012 at five degrees, its files kept."""
    case = tmp_path_factory.mktemp("foam") / "case"
    return OpenFOAM().solve(SectionScene(SECTION, math.radians(5)), case=case), case


def test_a_case_says_where_lift_and_drag_point(tmp_path):
    write_case(tmp_path, angle=0.1, speed=10.0, viscosity=1e-5, max_steps=400, tolerance=1e-6)
    text = (tmp_path / "system" / "controlDict").read_text()
    lift, drag = (
        np.fromstring(re.search(rf"{name}Dir \(([^)]*)\)", text)[1], sep=" ")
        for name in ("lift", "drag")
    )
    np.testing.assert_allclose(drag, [math.cos(0.1), math.sin(0.1), 0])
    np.testing.assert_allclose(lift, [-math.sin(0.1), math.cos(0.1), 0])
    velocity = (tmp_path / "0" / "U").read_text()
    stream = re.search(r"internalField uniform \(([^)]*)\)", velocity)[1]
    np.testing.assert_allclose(np.fromstring(stream, sep=" "), 10 * drag)


@needs_openfoam
def test_a_known_section(lifting):
    """REFERENCE: lift 0.502, drag 0.0196 on another grid of 4032 cells and the same first layer."""
    result, case = lifting
    assert result.failure is None
    assert result.lift == pytest.approx(0.502, rel=0.02)
    assert result.drag == pytest.approx(0.0196, rel=0.02)
    assert abs(result.moment) < 0.01  # a thin symmetric section turns about its quarter chord
    assert (case / "constant" / "polyMesh" / "points").exists()


@needs_openfoam
def test_fields_give_the_forces_again(lifting):
    """Pressure and shear on the surface, summed by hand, are the program's coefficients."""
    result, _ = lifting
    flow = result.flow
    normals = np.asarray(wall_normals(flow.nodes))
    lengths = np.linalg.norm(normals, axis=1, keepdims=True)
    pressure, shear = np.asarray(flow.pressure[0])[:, None], np.asarray(flow.shear)
    force = np.sum(shear * lengths - pressure * normals, axis=0)
    cos, sin = math.cos(math.radians(5)), math.sin(math.radians(5))
    assert force @ [-sin, cos] / 50 == pytest.approx(result.lift, rel=1e-4)
    assert force @ [cos, sin] / 50 == pytest.approx(result.drag, rel=1e-3)
    assert float(foil_coefficients(flow).moment) == pytest.approx(result.moment, abs=1e-5)


@needs_openfoam
def test_a_folder_of_something_else_is_left_alone(tmp_path):
    (tmp_path / "diary.txt").write_text("mine")
    with pytest.raises(ValueError, match="holds no case"):
        OpenFOAM().solve(SectionScene(SECTION, 0.0), case=tmp_path)
    assert (tmp_path / "diary.txt").read_text() == "mine"


@needs_openfoam
def test_the_stream_far_away_is_the_stream(lifting):
    result, _ = lifting
    upstream = np.asarray(result.flow.velocity[-1])[np.asarray(result.flow.nodes[-1, :, 0]) < -10]
    angle = math.radians(5)
    np.testing.assert_allclose(
        upstream,
        np.broadcast_to([10 * math.cos(angle), 10 * math.sin(angle)], upstream.shape),
        atol=0.2,
    )
    assert float(result.flow.eddy_viscosity.min()) >= 0


@needs_openfoam
def test_openfoams_own_check_finds_nothing(lifting):
    command = ["checkMesh", "-case", lifting[1]]
    said = subprocess.run(command, capture_output=True, text=True, env=_environment(), check=True)
    assert "Mesh OK." in said.stdout


@needs_openfoam
def test_symmetry():
    up, down = OpenFOAM().solve_all(
        [SectionScene(SECTION, 0.0), SectionScene(SECTION, -math.radians(5))]
    )
    assert abs(up.lift) < 2e-3
    assert down.lift == pytest.approx(-0.503, abs=0.01)


@needs_openfoam
def test_failures_are_told_and_have_no_coefficients():
    scene = SectionScene(SECTION, math.radians(5))
    late = OpenFOAM(time_limit=0.05).solve(scene)
    early = OpenFOAM(max_steps=101, patience=0).solve(scene)
    loop = OpenFOAM().solve(SectionScene(SECTION[::-1], 0.0))
    for result, reason in ((late, "stopped after 0.05 s"), (early, "did not"), (loop, "inverted")):
        assert reason in result.failure
        grid = reason == "inverted"
        assert result.kind is (RESULTS.degenerate_grid if grid else RESULTS.reference_failed)
        assert result.flow is None and math.isnan(result.lift) and math.isnan(result.drag)


@needs_openfoam
def test_gentler_iterations_have_the_same_solution(lifting):
    """What a case ends at must not depend on how it got there."""
    brisk, scene = lifting[0], SectionScene(SECTION, math.radians(5))
    gentle = OpenFOAM(max_steps=101, patience=600).solve(scene)
    assert gentle.failure is None and gentle.iterations > 101
    assert gentle.lift == pytest.approx(brisk.lift, rel=1e-4)
    assert gentle.drag == pytest.approx(brisk.drag, rel=1e-4)


@needs_openfoam
@pytest.mark.slow
@pytest.mark.parametrize(("angle", "lift", "drag"), [(9, 0.7768, 0.04016), (10, 0.7339, 0.06014)])
def test_a_section_that_stalls_settles(angle, lift, drag):
    """Stored reference; without patience these cases circle around it within 0.3% and 2%."""
    found = OpenFOAM(time_limit=300.0).solve(SectionScene(SECTION, math.radians(angle)))
    assert found.failure is None and found.iterations > 400
    assert found.lift == pytest.approx(lift, rel=2e-3)
    assert found.drag == pytest.approx(drag, rel=2e-3)


def test_a_negative_drag_is_a_failure(monkeypatch, tmp_path):
    monkeypatch.setattr(_solver, "_coefficients", lambda case: np.asarray([[0.2, -0.003, 0.0]]))
    result = _solver._read(tmp_path, SectionScene(SECTION, 0.0), np.zeros((2, 3, 2)), None, 1.0)
    assert "drag of -0.003" in result.failure and result.kind is RESULTS.negative_drag
    assert result.flow is None and math.isnan(result.lift)


def test_two_values_in_turn_may_count_as_standing_still():
    level = np.tile([0.5, 0.02], (100, 1))
    flips = level + 1e-5 * (-1.0) ** np.arange(100)[:, None]
    drift = level + 1e-7 * np.arange(100)[:, None]
    assert _stands(level, 1e-5) and _stands(flips, 1e-5)
    assert not _stands(level + 10 * (flips - level), 1e-5) and not _stands(drift, 1e-5)
    once = level + np.where(np.arange(100) == 40, 6e-6, 0.0)[:, None]
    assert _stands(once, 1e-5)  # one face, one iteration


def test_its_absence_is_one_sentence(monkeypatch):
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(ValueError, match="apt-get install openfoam"):
        find_openfoam()
    with pytest.raises(ValueError, match="not installed"):
        OpenFOAM().solve(SectionScene(jnp.asarray(SECTION), 0.0))


def test_bad_settings_are_refused():
    with pytest.raises(ValueError, match="`OpenFOAM` needs"):
        OpenFOAM(max_steps=50)
    with pytest.raises(ValueError, match="needs patience"):
        OpenFOAM(patience=50)
