"""`run`, `verify`, `figures` and `polar` on sections, without OpenFOAM."""

import dataclasses
import shutil

import equinox as eqx
import meshio
import numpy as np
import pytest
import trimesh

from invdesign.families._registry import build_simulator
from invdesign.families.airfoil._flows_file import read_flows
from invdesign.io import export_section, read_history, read_section, save_weights, write_section
from invdesign.optimizers import CEM, AugmentedLagrangian, MultiStart, Penalized, Then
from invdesign.reference import OpenFOAM
from invdesign.sections import SectionLayout, naca4
from invdesign.simulators.mesh._modes import principal_modes, row_size
from invdesign.studies import RunConfig, resolve
from invdesign.studies._optimizers import Effort, contestant, default_budget, default_optimizer
from invdesign.studies._registry import load_task

from ..foils import GRID, HEADER, LAYOUT, StandIn, tiny_simulator

TASK = """
import numpy as np
from invdesign import BuildFoil, Task, flight_points
from invdesign.objectives import *
from invdesign.sections import SectionLayout, naca4
from invdesign.spaces import FFD

layout = SectionLayout(num_side=22, num_base=3)
baseline = layout.fit(naca4("0012"))
points = flight_points([0.4])
task = Task(
    name="tiny-airfoil",
    space=FFD(baseline, layout, initial_angles=[0.07]),
    build=BuildFoil(),
    conditions=points,
    unseen=points,
    objective=Drag(),
    score=LiftToDrag(),
    num_steps=1,
    constraints=(LiftTarget(points.lift), AreaAtLeast(baseline)),
    metrics={"cd": DragCoefficient(), "cl": LiftCoefficient()},
)
"""


@pytest.fixture(autouse=True)
def no_openfoam(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("airfoil")


@pytest.fixture(scope="module")
def task(folder):
    (folder / "tiny_airfoil.py").write_text(TASK)
    return f"{folder / 'tiny_airfoil.py'}:task"


@pytest.fixture(scope="module")
def model(folder):
    """A fresh network that hardly changes the potential flow it corrects."""
    simulator = build_simulator(HEADER)
    units = simulator.statistics
    small = dataclasses.replace(
        units, fields=units.fields.at[1].multiply(1e-3), wall=units.wall.at[1].multiply(1e-3)
    )
    path = folder / "fresh.safetensors"
    save_weights(path, dataclasses.replace(simulator, statistics=small), HEADER)
    return path


@pytest.fixture(scope="module")
def designed(invoke, last_json, folder, task, model):
    out = folder / "run"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PATH", str(folder))
        said = invoke("run", task, "--model", model, "--steps", 8, "--out", out, "--json")
    return out, last_json(said)


def test_a_run_without_the_solver_says_so(designed):
    _, result = designed
    assert {"cd_initial", "cd", "cl", "reference_cd", "reference_cl", "violations"} <= result.keys()
    assert result["reference_cd"] is result["reference_score_mean"] is None
    assert result["optimizer"] == "slsqp"
    (note,) = [note for note in result["notes"] if "skipped" in note]
    assert "apt-get install openfoam" in note
    assert result["cl"] == pytest.approx(0.4, abs=0.05)


def test_the_directory_holds_section_polar_and_pictures(designed):
    out, result = designed
    stored = read_section(out / "airfoil.dat")
    points = stored.outline
    assert stored.name == "tiny-airfoil" and points.shape == (2 * LAYOUT.num_side + 1, 2)
    assert (out / "airfoil.stl").read_bytes()[:80].startswith(b"invdesign section, unit millimeter")
    assert trimesh.load_mesh(out / "airfoil.obj").is_watertight
    polar = read_history(out / "polar.csv")
    assert {row["section"] for row in polar} == {"initial, learned", "optimized, learned"}
    flows = read_flows(out / "flows.npz")
    assert flows.reference is None
    assert flows.shapes.shape == (result["iterations"], LAYOUT.num_points, 2)
    np.testing.assert_allclose(flows.shapes[-1][: len(points)], points, atol=1e-5)
    fitted = LAYOUT.fit(points)  # what other programs read is the section
    np.testing.assert_allclose(fitted, flows.shapes[-1], atol=1e-5)
    assert (out / "figure.png").stat().st_size > 50_000
    assert (out / "animation.gif").read_bytes()[:3] == b"GIF"


def test_the_flow_is_there_for_paraview(designed):
    out, _ = designed
    flow, grid = read_flows(out / "flows.npz").simulated, meshio.read(out / "airfoil.vtu")
    np.testing.assert_array_equal(grid.points[:, :2], flow.nodes.reshape(-1, 2))
    velocity, pressure, eddy = (
        grid.cell_data[name][0] for name in ("velocity", "pressure", "eddy_viscosity")
    )
    np.testing.assert_array_equal(velocity[:, :2], flow.velocity.reshape(-1, 2))
    np.testing.assert_array_equal(velocity[:, 2], 0)
    np.testing.assert_array_equal(pressure, flow.pressure.reshape(-1))
    np.testing.assert_array_equal(eddy, flow.eddy_viscosity.reshape(-1))
    assert not (out / "airfoil-reference.vtu").exists()  # nothing was verified


def test_pictures_are_drawn_again(invoke, designed):
    out, _ = designed
    first = (out / "figure.png").read_bytes()
    (out / "figure.png").unlink()
    assert invoke("figures", out).exit_code == 0
    assert (out / "figure.png").read_bytes() == first


def test_a_finished_run_is_reported_and_verification_wants_the_solver(
    invoke, last_json, refused, designed, task, model
):
    out, result = designed
    again = invoke("run", task, "--model", model, "--steps", 8, "--out", out, "--json")
    assert last_json(again) == result
    assert "OpenFOAM is not installed" in refused(invoke("verify", out, "--task", task))


def test_a_solver_that_fails_is_no_number_and_a_note(
    invoke, last_json, refused, designed, task, model, tmp_path, monkeypatch
):
    out = shutil.copytree(designed[0], tmp_path / "run")
    (out / "verification.json").unlink()
    program = tmp_path / "simpleFoam"
    program.write_text("#!/bin/sh\nexit 1\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/bin:/usr/bin")
    said = invoke("run", task, "--model", model, "--steps", 8, "--out", out, "--json")
    result = last_json(said)
    assert result["reference_cd"] is result["reference_score_mean"] is None
    (note,) = [note for note in result["notes"] if "reference solver" in note]
    assert "failed on 1 of 1" in note
    said = refused(invoke("verify", out, "--task", task))
    assert "cannot be verified: the reference solver failed on 1 of 1 conditions" in said


def test_the_solver_can_be_sampled_and_not_descended(invoke, refused, task, tmp_path, monkeypatch):
    words = (task, "--simulator", "reference", "--out", tmp_path / "run")
    assert "OpenFOAM is not installed" in refused(invoke("run", *words))
    program = tmp_path / "simpleFoam"
    program.write_text("#!/bin/sh\nexit 1\n")
    program.chmod(0o755)
    said = refused(invoke("run", *words, "--optimizer", "slsqp"))
    assert "`slsqp` needs gradients, and `OpenFOAM` is a program of its own; use cmaes" in said
    assert "`--max-distance`" in refused(invoke("run", *words, "--max-distance", 1))
    assert "no gradient to look at" in refused(invoke("gradcheck", *words))
    assert resolve(RunConfig(task=task, simulator="reference")).optimizer == "cmaes"
    assert not (tmp_path / "run").exists()


def test_water_models_know_no_sections(invoke, refused, task, weights, tiny, model):
    for argument, other, words in ((task, weights, "of sections"), (tiny, model, "of water")):
        assert words in refused(invoke("run", argument, "--model", other))


def test_every_optimizer_honors_the_constraints(task, model):
    loaded = load_task(task)
    problem = resolve(RunConfig(task=task, model=str(model))).problem
    effort = Effort(budget=default_budget(problem))
    assert default_optimizer(loaded) == "slsqp"
    assert loaded.space.step == 0.002
    with pytest.raises(ValueError, match="have none"):
        contestant("coupled-adam", problem, effort)
    made = {
        name: contestant(name, problem, effort).optimizer
        for name in ("adam", "cem", "cmaes-adam", "multistart-adam")
    }
    equality = problem.constraints.equality
    assert isinstance(made["adam"], AugmentedLagrangian) and made["adam"].equality == equality
    assert isinstance(made["cem"], Penalized) and isinstance(made["cem"].optimizer, CEM)
    chain = made["cmaes-adam"]
    assert isinstance(chain, Then)
    assert isinstance(chain.first, Penalized) and isinstance(chain.second, AugmentedLagrangian)
    starts = made["multistart-adam"]
    assert isinstance(starts, MultiStart) and isinstance(starts.optimizer, AugmentedLagrangian)


def test_designs_may_be_kept_close_to_the_data(invoke, refused, task, tiny, model):
    chosen = resolve(RunConfig(task=task, model=str(model), options={"max_distance": 1.5}))
    assert chosen.problem.constraints.names == ("lift", "area", "distance to the data")
    assert chosen.settings["max_distance"] == 1.5
    said = refused(invoke("run", task, "--model", model, "--max-distance", -1))
    assert "`--max-distance` takes a number at least" in said
    said = refused(invoke("run", tiny, "--max-distance", 1))
    assert "is no option of `tiny`, a task of water; it has `--gradient-limit`" in said


# Polars of any section.


def test_polar_of_digits_and_its_grid(invoke, last_json, model, tmp_path):
    settings = ("--first", -2, "--last", 2, "--step", 2, "--grid", tmp_path / "0012.msh")
    rows = last_json(invoke("polar", "0012", "--model", model, *settings, "--json"))["polar"]
    cells = meshio.read(tmp_path / "0012.msh").cells_dict
    assert len(cells["quad"]) == GRID.num_layers * LAYOUT.num_points
    assert [row["angle"] for row in rows] == [-2, 0, 2]
    lifts = [row["lift"] for row in rows]
    assert lifts[0] == pytest.approx(-lifts[2], abs=0.02)  # a section without camber
    assert lifts[2] > 0.15


@pytest.mark.slow
def test_an_exported_section_has_the_section_s_lift(invoke, last_json, tmp_path):
    """Under the shipped model; it was -0.046 with points of the base taken for the lower side."""
    layout = SectionLayout()
    dat, *_ = export_section(tmp_path, layout.fit(naca4("0012")), name="0012")
    said = invoke("polar", dat, "--first", 0, "--last", 0, "--json")
    assert abs(last_json(said)["polar"][0]["lift"]) < 0.005


def test_a_model_is_not_asked_at_another_reynolds_number(invoke, model, tmp_path):
    usual = "polar", "0012", "--model", model, "--reynolds", 1e6
    many = "run", "airfoil", "--out", tmp_path / "run", "--reynolds", 1e7
    for command, known in ((usual, "number of 6.67e+05"), (many, "numbers from 3e+05 to 3e+06")):
        said = invoke(*command)
        assert said.exit_code == 2 and f"Reynolds {known}" in said.stderr
        assert "--simulator reference" in said.stderr


def test_notes_stand_in_the_result_and_on_stderr(invoke, last_json, model, tmp_path):
    dat = write_section(tmp_path / "few.dat", naca4("0012", num=12), name="few")
    said = invoke("polar", dat, "--model", model, "--first", 0, "--last", 0, "--json")
    assert "few points at its nose" in last_json(said)["notes"][0]
    assert "Note: the section has few points at its nose" in said.stderr


SQUARE = "1 0\n1 1\n0 1\n0 0\n"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("open\n" + "\n".join(f"{1 - i / 30} {0.1 - i / 300}" for i in range(31)), "open.dat"),
        ("few\n" + SQUARE, "points"),
        ("words\n1.0 zero\n", "is no pair"),
    ],
)
def test_broken_files_are_refused_by_name_and_reason(invoke, refused, tmp_path, text, words):
    path = tmp_path / "open.dat"
    path.write_text(text)
    said = refused(invoke("polar", path))
    assert "open.dat" in said and words in said


NO_NUMBERS = [(option, x) for option in ("first", "last", "step") for x in ("inf", "nan", "-inf")]
BAD_ANGLES = [
    *(("step", x) for x in ("1e-300", "5e-324", "-1", "0.01")),
    *(("last", x) for x in ("1e308", "-3", "91")),
]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["99"], 'four digits with a thickness, such as "2412"'),
        (
            ["8903"],
            "`NACA 8903`: The section ends in 0.067 chords that rise or fall more than they",
        ),
        (["missing.dat"], "There is no file `missing.dat`"),
        (["0012", "--step", "0"], "1 to 200 angles"),
        *((["0012", f"--{o}={x}"], "1 to 200 angles") for o, x in BAD_ANGLES),
        *((["0012", f"--{o}={x}"], f"`--{o}` takes a number, got `{x}`") for o, x in NO_NUMBERS),
        (["0012", "--simulator", "reference"], "OpenFOAM is not installed"),
        (["0012", "--grid", "0012.stl"], "a grid's file ends in .vtu, .su2, .msh"),
    ],
)
def test_other_mistakes(invoke, refused, arguments, words):
    assert words in refused(invoke("polar", *arguments))


def test_a_sharp_edge_is_opened_and_the_note_says_by_how_much(
    invoke, last_json, model, tmp_path, capfd
):
    x = 0.5 * (1 - np.cos(np.linspace(0, np.pi, 61)))
    half = 0.6 * (0.2969 * x**0.5 - 0.126 * x - 0.3516 * x**2 + 0.2843 * x**3 - 0.1036 * x**4)
    half[-1] = 0.0
    outline = np.concatenate([np.stack([x, half], 1)[::-1], np.stack([x, -half], 1)[1:]])
    path = tmp_path / "sharp.dat"
    path.write_text("sharp\n" + "\n".join(f"{x:.6f} {y:.6f}" for x, y in outline))
    settings = ("--model", model, "--first", 2, "--last", 2, "--json")
    result = last_json(invoke("polar", path, *settings, "--grid", tmp_path / "sharp.msh"))
    (row,) = result["polar"]
    assert row["lift"] > 0.15 and row["drag"] > 0 and row["failure"] is None
    (note,) = [note for note in result["notes"] if "trailing edge" in note]
    assert "opened by 1.0e-03 chords to 0.001" in note
    assert (tmp_path / "sharp.msh").exists()
    opened = last_json(invoke("polar", "0012", *settings))
    assert not any("trailing edge" in note for note in opened["notes"])


@pytest.fixture(scope="module")
def narrow(folder):
    """Knows angles from -2 to 8 degrees, and no other modes."""
    rows = np.zeros((50, row_size(2 * LAYOUT.num_side)))
    rows[:, -1] = 10 * np.radians(np.linspace(-2, 8, 50))
    blank = build_simulator(HEADER)
    path = folder / "far.safetensors"
    save_weights(
        path, eqx.tree_at(lambda s: s.statistics.modes, blank, principal_modes(rows)), HEADER
    )
    return path


def test_numbers_beyond_the_data_are_marked(invoke, last_json, narrow):
    asked = ("--model", narrow, "--first", 0, "--last", 45, "--step", 15)
    said = invoke("polar", "2412", *asked, "--json")
    result = last_json(said)
    assert [row["beyond_data"] for row in result["polar"]] == [False, True, True, True]
    distances = [row["distance"] for row in result["polar"]]
    assert distances == pytest.approx([abs(a - 3) / 2.94 for a in (0, 15, 30, 45)], rel=0.01)
    (note,) = [note for note in result["notes"] if "beyond" in note]
    assert note.startswith("at 15 to 45 degrees") and "reference solver alone" in note
    assert f"Note: {note}" in said.stderr
    assert invoke("polar", "2412", *asked).stdout.count("!") == 3


def test_a_polar_without_a_number_is_an_error_with_the_reason(
    invoke, refused, model, tmp_path, monkeypatch
):
    program = tmp_path / "simpleFoam"
    program.write_text("#!/bin/sh\necho no licence for air >&2\nexit 1\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/bin:/usr/bin")
    said = refused(invoke("polar", "0012", "--simulator", "reference", "--last", 0))
    assert "no numbers at -2 to 0 degrees: simpleFoam failed: no licence for air." in said
    # One percent thick and bent by nine: no grid of ours, learned or solved.
    for extra in (("--model", model), ("--simulator", "reference")):
        said = refused(invoke("polar", "9501", *extra))
        assert "no polar" in said and "inverted or not finite" in said
    said = refused(invoke("polar", "9501", "--model", model, "--grid", tmp_path / "9501.su2"))
    assert "inverted" in said and not (tmp_path / "9501.su2").exists()


STEEP = """
from tiny_airfoil import *
import dataclasses

task = dataclasses.replace(
    task, space=FFD(baseline, layout, angles=(0.2, 0.5), initial_angles=[0.3]), constraints=()
)
"""


@pytest.mark.slow  # compiles a descent for each of them
def test_every_command_warns_beyond_the_data(
    invoke, last_json, folder, task, narrow, tmp_path, monkeypatch
):
    """At 17 degrees of attack, with a solver that fails."""
    program = tmp_path / "simpleFoam"
    program.write_text("#!/bin/sh\nexit 1\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/bin:/usr/bin")
    monkeypatch.syspath_prepend(folder)
    (folder / "steep.py").write_text(STEEP)
    steep = (f"{folder / 'steep.py'}:task", "--model", narrow, "--json")
    told = {
        "run": last_json(invoke("run", *steep, "--steps", 1, "--out", tmp_path / "run")),
        "compare": last_json(
            invoke(
                "compare", *steep, "--optimizers", "random", "--budget", 20, "--out", tmp_path / "c"
            )
        ),
        "gradcheck": last_json(
            invoke("gradcheck", *steep, "--directions", 4, "--out", tmp_path / "g")
        ),
    }
    told["compare"]["distance_to_data"] = told["compare"]["tasks"][0]["rows"][0]["distance"]
    for command, result in told.items():
        assert result["distance_to_data"] > 2.2, command
        assert any("beyond the model's data" in note for note in result["notes"]), command
    with monkeypatch.context() as patch:
        patch.setattr(OpenFOAM, "trajectories", StandIn(tiny_simulator(0)).trajectories)
        said = invoke("verify", tmp_path / "run", "--task", steep[0], "--json")
    assert last_json(said)["distance_to_data"] > 2.2 and "beyond" in said.stderr
