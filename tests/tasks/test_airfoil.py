"""The airfoil tasks: what they demand, how they are differentiated, what OpenFOAM says."""

import dataclasses
import runpy
import shutil

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from invdesign import BuildFoil, DirectAdjoint, Problem, Task, flight_points, judge, solve, verify
from invdesign._task import first_scene
from invdesign.families._registry import build_simulator
from invdesign.families.airfoil.family import AIRFOIL
from invdesign.io._manifest import find_model
from invdesign.io._resources import tasks_dir
from invdesign.io._weights import read_hyperparameters
from invdesign.objectives import (
    AreaAtLeast,
    Drag,
    DragCoefficient,
    LiftCoefficient,
    LiftTarget,
    LiftToDrag,
    MomentAtLeast,
    NoseRadiusAtLeast,
    SparAtLeast,
    ThicknessWithin,
    TrailingAngleAtLeast,
    TrailingEdgeAtLeast,
)
from invdesign.objectives._flight import last_coefficients
from invdesign.optimizers import SLSQP, Adam
from invdesign.reference import OpenFOAM, Simulated
from invdesign.scenes import SectionScene
from invdesign.sections import SectionLayout, naca4
from invdesign.sections._measures import trailing_edge_thickness
from invdesign.simulators import FlowSimulator
from invdesign.spaces import FFD
from invdesign.studies._registry import load_task

from ..foils import HEADER, LAYOUT

BASELINE = LAYOUT.fit(naca4("0012"))


@pytest.fixture(scope="module")
def simulator():
    """Its weights are those of a fresh network, scaled so that the prior has the upper hand."""
    simulator = build_simulator(HEADER)
    assert isinstance(simulator, FlowSimulator)
    units = simulator.statistics
    small = jax.tree.map(lambda x: x.at[1].multiply(0.01), (units.fields, units.wall))
    return eqx.tree_at(lambda s: (s.statistics.fields, s.statistics.wall), simulator, small)


def small_task(lifts=(0.3, 0.5)):
    points = flight_points(lifts)
    return Task(
        name="small-airfoil",
        space=FFD(BASELINE, LAYOUT, initial_angles=[0.17 * lift for lift in lifts]),
        build=BuildFoil(),
        conditions=points,
        unseen=points,
        objective=Drag(),
        score=LiftToDrag(),
        num_steps=1,
        constraints=(AreaAtLeast(BASELINE), LiftTarget(points.lift)),
        metrics={"cd": DragCoefficient(), "cl": LiftCoefficient()},
    )


@pytest.fixture(scope="module")
def problem(simulator):
    return Problem(small_task(), simulator, DirectAdjoint())


def test_entries_are_named_in_the_order_of_the_evaluation(problem):
    entries = problem.constraints
    # Those that need a simulation come first.
    assert entries.names == ("lift", "lift", "area")
    assert entries.equality == (True, True, False)
    evaluation = eqx.filter_jit(problem.evaluate)(problem.task.space.initial(), order=0)
    assert evaluation.constraints.shape == (3,)
    assert float(evaluation.constraints[2]) == pytest.approx(0.0, abs=1e-6)  # the baseline itself
    assert entries.by_name(np.array([0.1, -0.2, -0.3])) == {
        "lift": pytest.approx(0.2),
        "area": pytest.approx(0.3),
    }
    assert entries.by_name(np.array([0.0, 1e-4, 0.5])) == {}


def test_derivatives_are_those_of_differences(problem):
    """Value, lift at both points and area, along a random direction."""
    space = problem.task.space
    latent = space.initial() + 0.3
    direction = jax.random.normal(jax.random.key(0), latent.shape)
    direction = direction / jnp.linalg.norm(direction)
    one = eqx.filter_jit(lambda z: problem.evaluate(z, order=1))
    zero = eqx.filter_jit(lambda z: problem.evaluate(z, order=0))
    center, step = one(latent), 3e-2
    ahead, behind = zero(latent + step * direction), zero(latent - step * direction)
    found = [center.grad @ direction, *(center.jacobian @ direction)]
    wanted = [
        (ahead.value - behind.value) / (2 * step),
        *((ahead.constraints - behind.constraints) / (2 * step)),
    ]
    np.testing.assert_allclose(np.asarray(found), np.asarray(wanted), rtol=3e-2, atol=2e-3)


def test_value_is_the_mean_drag(problem):
    evaluation = eqx.filter_jit(lambda z: problem.evaluate(z, order=0))(
        problem.task.space.initial()
    )
    judged = judge(problem.task.space.initial(), problem.task, Simulated(problem.simulator))
    assert float(evaluation.value) == pytest.approx(100 * judged.metrics["cd"].mean(), rel=1e-4)
    lifts = judged.metrics["cl"] - np.array([0.3, 0.5])
    np.testing.assert_allclose(evaluation.constraints[:2], lifts, atol=1e-5)
    assert judged.violations["lift"] == pytest.approx(np.abs(lifts).max(), rel=1e-4)


def test_constraints_want_an_optimizer_that_honours_them(problem):
    with pytest.raises(ValueError, match=r"3 entries of constraints \(`lift`, `area`\), `Adam`"):
        solve(problem, Adam(0.1), key=jax.random.key(0), max_steps=1)


def test_slsqp_meets_the_constraints_and_lowers_the_drag(problem):
    solution = solve(
        problem, SLSQP(problem.constraints.equality), key=jax.random.key(0), max_steps=25
    )
    assert solution.violations == {}
    history = solution.history
    assert history["violation"][0] > 1 >= history["violation"][-1]
    first_met = int(np.argmax(history["violation"] <= 1))
    assert solution.value <= history["best_value"][first_met]


# The registered tasks.


@pytest.mark.parametrize("name", ["airfoil", "airfoil-multipoint"])
def test_the_start_meets_the_demands_on_shape(name):
    task = load_task(name)
    design = task.space.decode(task.space.initial())
    for constraint in task.constraints:
        if not constraint.simulated:
            assert float(constraint(None, design).min()) >= -constraint.tolerance, constraint.name
    scene = task.build(design, jax.tree.map(lambda x: x[-1], task.conditions))
    assert isinstance(scene, SectionScene)
    assert float(scene.angle) == pytest.approx(float(design.angles[-1]))


def test_demands_on_shape_are_shares_of_the_baseline():
    thicker = BASELINE * jnp.asarray([[1.0, 1.5]])
    design = dataclasses.make_dataclass("Design", ["surface"])(thicker)
    within = ThicknessWithin(BASELINE, LAYOUT, low=1.2, high=1.4)(None, design)
    np.testing.assert_allclose(within[:10], 0.3, atol=1e-5)
    np.testing.assert_allclose(within[10:], -0.1, atol=1e-5)
    assert float(AreaAtLeast(BASELINE)(None, design)[0]) == pytest.approx(0.5, abs=1e-5)
    nose = NoseRadiusAtLeast(BASELINE, LAYOUT)(None, design)
    assert float(nose[0]) == pytest.approx(1.5**2 - 0.8, abs=1e-4)  # radii grow as squares
    base = TrailingEdgeAtLeast(BASELINE, LAYOUT)(None, design)
    assert float(base[0]) == pytest.approx(0.5, abs=1e-5)


def test_demands_in_numbers():
    """NACA 0012: 12% thick at 0.3; its sides meet at twice the arc tangent of their last slope."""
    layout = SectionLayout()
    design = dataclasses.make_dataclass("Design", ["surface"])(layout.fit(naca4("0012", num=800)))
    spar = SparAtLeast(layout, 0.10, [0.3, 0.9])(None, design)
    x = 0.9
    half = 0.6 * (0.2969 * np.sqrt(x) - 0.1260 * x - 0.3516 * x**2 + 0.2843 * x**3 - 0.1015 * x**4)
    np.testing.assert_allclose(spar, [2.0, 100 * (2 * half - 0.1)], atol=2e-2)
    base = float(trailing_edge_thickness(design.surface, layout))
    angle = 2 * np.degrees(np.arctan((half - 0.5 * base) / 0.1))
    asked = TrailingAngleAtLeast(layout, 10.0)(None, design)
    assert float(asked[0]) == pytest.approx(angle - 10, abs=0.05)


def test_a_moment_is_asked_at_every_point_of_flight(simulator):
    task = small_task()
    asked = dataclasses.replace(task, constraints=(MomentAtLeast(-0.02),))
    latent = task.space.initial()
    evaluation = Problem(asked, simulator, DirectAdjoint()).evaluate(latent, order=0)
    found = judge(latent, task, Simulated(simulator))
    own = last_coefficients(jax.tree.map(jnp.asarray, found.trajectory)).moment
    assert evaluation.constraints.shape == (2,)
    assert float(evaluation.constraints[0]) == pytest.approx(100 * (float(own) + 0.02), abs=1e-3)


def test_the_default_model_knows_the_tasks_reynolds_number():
    models = AIRFOIL.models
    assert models.default_for(load_task("airfoil")) == models.default
    assert models.default_for(load_task("airfoil", lift=0.7)) == models.default
    other = models.default_for(load_task("airfoil", reynolds=1e6))
    assert other != models.default
    low, high = read_hyperparameters(find_model(other)[1])["reynolds"]
    assert low <= 1e6 <= high


def test_a_model_of_one_reynolds_number_refuses_another(simulator):
    task = load_task("airfoil", reynolds=1e6)
    scene = first_scene(task, task.space.decode(task.space.initial()))
    assert float(scene.reynolds) == pytest.approx(1e6) and task.name.endswith("-re1e+06")
    with pytest.raises(ValueError, match=r"holds for a Reynolds number of 6.67e\+05, got 1e\+06"):
        simulator.check(scene)
    usual = load_task("airfoil")
    assert simulator.check(first_scene(usual, usual.space.decode(usual.space.initial()))) == ()


def test_what_a_section_is_asked_for_makes_its_task():
    task = load_task("airfoil", spar=0.13, moment=-0.04, trailing_angle=12.0)
    assert task.name == "airfoil-cl0.5-spar0.13-angle12-moment-0.04"
    names = [each.name for each in task.constraints]
    assert names[-3:] == ["spar thickness", "trailing-edge angle", "pitching moment"]
    with pytest.raises(ValueError, match="no effect without `--spar`"):
        load_task("airfoil", spar_at=0.5)


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: Drag(0.0), "unit above 0, got 0.0"),
        (lambda: LiftTarget([0.5], tolerance=0.0), "tolerance above 0, got 0.0"),
        (lambda: SparAtLeast(LAYOUT, 1.2), r"thickness in \(0, 1\)"),
        (lambda: SparAtLeast(LAYOUT, 0.1, [0.0]), r"positions in \(0, 1\)"),
        (lambda: TrailingAngleAtLeast(LAYOUT, 90.0), "degrees in"),
        (lambda: MomentAtLeast(float("nan")), "finite moment"),
        (lambda: AreaAtLeast(BASELINE, share=0.0), "share of the baseline above 0, got 0"),
        (lambda: ThicknessWithin(BASELINE, LAYOUT, low=2.0, high=1.0), "got 2, 1"),
        (lambda: flight_points([]), "at least one lift coefficient"),
    ],
)
def test_demands_out_of_range_are_refused(make, words):
    with pytest.raises(ValueError, match=words):
        make()


@pytest.mark.skipif(shutil.which("simpleFoam") is None, reason="OpenFOAM is not installed")
def test_openfoam_judges_and_a_failure_is_no_number(simulator):
    task = load_task("airfoil")
    found = judge(task.space.initial(), task, OpenFOAM())
    assert found.metrics["cl"][0] == pytest.approx(0.5, abs=0.01)
    assert found.metrics["cd"][0] == pytest.approx(0.0197, rel=0.02)
    failed = verify(task.space.initial(), task, OpenFOAM(max_steps=101, patience=0))
    assert failed.num_failed == 1
    assert np.isnan(failed.reference_score_mean)


def test_a_sharp_section_is_opened_with_a_warning(tmp_path):
    """NACA 0012 with its thickness taken off towards the trailing edge."""
    x, y = naca4("0012", num=60).T
    path = tmp_path / "sharp.dat"
    rows = zip(x, y * (1 - 0.00126 / 0.06 * x**8 / np.maximum(np.abs(y) / 0.06, 1e-9)), strict=True)
    path.write_text("sharp\n" + "\n".join(f"{a:.8f} {b:.8f}" for a, b in rows))
    airfoil = runpy.run_path(str(tasks_dir() / "airfoil" / "task.py"))["airfoil"]
    with pytest.warns(UserWarning, match="its base was opened by 1.0e-03 chords"):
        task = airfoil(section=str(path))
    base = trailing_edge_thickness(task.space.baseline, task.space.layout)
    assert float(base) == pytest.approx(1e-3, rel=1e-3)
