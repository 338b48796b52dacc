"""The family of watercourses: streams, landings, what is wanted of them, and what a run leaves."""

import dataclasses

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
import trimesh

from invdesign import judge
from invdesign._judged import Judged
from invdesign._results import RESULTS, as_code
from invdesign._rollout import Trajectory
from invdesign._task import first_scene
from invdesign.families._registry import family_of
from invdesign.families.watercourse import (
    WATERCOURSE,
    DirectionShare,
    DirectionValue,
    hills,
    streams,
)
from invdesign.families.watercourse._landing import Ground
from invdesign.families.watercourse._pools import PoolShare, PoolValue, pools_of
from invdesign.families.watercourse._showing import shown
from invdesign.families.watercourse._slopes import slopes
from invdesign.io._export_landscape import export_landscape, landscape_solid
from invdesign.io._run_directory import RunDirectory
from invdesign.optimizers import Coupled, Then
from invdesign.reference import Simulated
from invdesign.scenes import ParticleFrame, Passage
from invdesign.scenes._landscape import _HALVES
from invdesign.studies import RunConfig, resolve
from invdesign.studies._registry import load_task

TASKS = ("watercourse-direction", "watercourse-pools-2", "watercourse-pools-3")


def num_particles(task):
    return task.conditions.position.shape[1]


def landed_at(places, *, landed=None, height=0.0, velocity=None):
    """A trajectory of one frame whose water lies at places from the landscape's middle."""
    places = jnp.asarray(places, jnp.float32)
    number = len(places)
    up = jnp.full((number, 1), height, jnp.float32)
    position = jnp.concatenate([places[:, :1] + 0.5, up, places[:, 1:] + 0.5], axis=1)
    velocity = jnp.zeros_like(position) if velocity is None else jnp.asarray(velocity, jnp.float32)
    landed = jnp.ones(number, bool) if landed is None else jnp.asarray(landed)
    never = jnp.zeros(number, bool)
    passage = Passage(jnp.asarray(1), never, landed, jnp.zeros(number))
    frame = ParticleFrame(position, velocity, passage)
    frames = jax.tree.map(lambda x: x[None], frame)
    return Trajectory(frame, frames, None, as_code(RESULTS.successful))


@eqx.filter_jit
def figure(of, trajectory):
    return of(trajectory, None)


def on_circle(degrees, radius=0.9):
    turn = np.deg2rad(degrees)
    return radius * np.stack([np.cos(turn), np.sin(turn)], axis=-1)


def test_the_same_seed_gives_the_same_streams_and_layers_wait_for_each_other():
    one, more = streams(1, seed=3), streams(2, seed=3)
    np.testing.assert_array_equal(one.position[0], more.position[0])
    assert np.abs(np.asarray(more.position[0] - more.position[1])).max() > 1e-4
    assert (np.bincount(np.asarray(one.frame[0])) == 32).all() and one.frame.shape == (1, 640)
    with pytest.raises(ValueError, match="above 0"):
        streams(0, seed=0)


def test_the_score_is_the_share_of_emitted_water_within_thirty_degrees():
    places = on_circle(np.array([70.0, 99.0, 101.0, 41.0, 250.0]))
    trajectory = landed_at(places, landed=[True, True, True, False, True])
    assert float(figure(DirectionShare(70.0), trajectory)) == pytest.approx(2 / 5)


def test_free_fall_counts_by_its_parabola_and_what_stays_by_its_place():
    velocity = np.array([[0.0, 0.5, 2.0], [0.0, 0.5, 2.0]])
    beyond, on = np.array([[0.6, 0.0]]), np.array([[0.1, 0.0]])
    places = np.concatenate([beyond, on])
    trajectory = landed_at(places, landed=[False, False], height=0.4, velocity=velocity)
    landing = Ground().landing(trajectory)
    time = (0.5 + np.sqrt(0.5**2 + 2 * 9.81 * 0.4)) / 9.81
    np.testing.assert_allclose(landing.place[0], [0.6, 2.0 * time], atol=1e-5)
    np.testing.assert_array_equal(landing.flying, [True, False])
    # A pit that holds all the water back is worse than water that lands anywhere.
    held = landed_at(np.repeat(on, 8, axis=0), landed=[False] * 8, height=0.35)
    spread = landed_at(on_circle(np.arange(0.0, 360.0, 45.0)))
    value = DirectionValue(70.0)
    ahead = 0.5 + 0.1 * np.cos(np.deg2rad(70.0))  # of the way from edge to edge
    assert float(figure(value, held)) == pytest.approx(1.07 - 0.25 * ahead)
    # One at the edge where it should leave is better than one in the middle, worse than one gone.
    edge = landed_at(on_circle(np.full(8, 70.0), 0.5), landed=[False] * 8, height=0.35)
    assert figure(value, spread) < figure(value, edge) < figure(value, held)
    assert 0.4 < float(figure(value, spread)) < 0.7
    assert float(figure(value, landed_at(on_circle(np.full(8, 70.0))))) < 1e-6


def test_pools_count_what_is_asked_for_alone():
    wanted = pools_of([20.0, 110.0], [1.0, 2.0])
    centers = np.asarray(wanted.centers)
    np.testing.assert_allclose(np.linalg.norm(centers, axis=1), 0.5 / np.cos(np.deg2rad(20)) + 0.4)
    trajectory = landed_at(np.concatenate([np.repeat(centers[:1], 6, 0), centers[1:]]))
    assert float(figure(PoolShare(wanted), trajectory)) == pytest.approx(1 / 3 + 1 / 7, abs=1e-5)
    asked = np.repeat(centers, [2, 4], axis=0)
    assert float(figure(PoolValue(wanted), landed_at(asked))) < 1e-6
    off = jnp.asarray(np.add(asked, [0.3, 0.0]), jnp.float32)
    slope = jax.jit(jax.grad(lambda x: PoolValue(wanted)(landed_at(x), None)))(off)
    assert float(slope[:, 0].sum()) > 1e-3


def test_water_that_hills_hold_gains_on_its_way_to_a_pool():
    for angles in ([20.0, 110.0], [10.0, 140.0, 250.0]):
        value = PoolValue(pools_of(angles, [1.0] * len(angles)))
        ways = on_circle(np.array(angles), 1.0)

        def held_at(radius, height=0.4, value=value, ways=ways):
            places = radius * ways
            landed = [False] * len(places)
            return float(figure(value, landed_at(places, landed=landed, height=height)))

        middle, edge, beyond = (held_at(radius) for radius in (0.0, 0.49, 0.6))
        assert edge < middle - 0.02 and held_at(0.0, height=0.3) < middle
        # Let go it counts by where it would land, here a third of a meter short of the pools.
        assert beyond < edge
        # All of it on the way to one pool alone is worth less than each on its own.
        alone = landed_at(np.repeat(0.49 * ways[:1], 6, 0), landed=[False] * 6, height=0.4)
        assert edge < float(figure(value, alone))


@pytest.mark.parametrize("name", TASKS)
def test_every_task_is_of_the_family_and_its_ground_is_the_start(name):
    task = load_task(name)
    assert family_of(task) is WATERCOURSE and task.space.size == 625
    scene = first_scene(task, task.space.decode(task.space.initial()))
    np.testing.assert_allclose(scene.bodies[0].heights, 0.5 + hills(25), rtol=1e-6)
    solver = WATERCOURSE.make_solver(task, 0.025).simulator
    assert solver.shape == (67, 27, 67) and solver.check(scene) == ()


def test_hills_are_the_same_on_every_grid_and_as_high_as_asked_for():
    coarse, fine = hills(9), np.asarray(hills(97))
    np.testing.assert_allclose(coarse, fine[::12, ::12], atol=1e-6)
    assert np.abs(fine).max() == pytest.approx(0.1)
    assert np.abs(np.diff(fine, axis=0)).max() * 96 < 1.5  # no steeper than 56 degrees
    for level in (
        load_task(TASKS[2], rough=0.0, pipe=0.7),
        load_task("watercourse-direction-released", pipe=0.7),
    ):
        np.testing.assert_array_equal(level.build.base, np.zeros((25, 25)))


def test_the_steepest_slope_is_that_of_the_triangles_that_the_water_meets():
    heights = 0.5 + 0.1 * np.random.default_rng(0).uniform(-1, 1, (5, 4))
    steepest = np.zeros((4, 3))
    for i, j in np.ndindex(4, 3):
        for half in _HALVES[(i + j) % 2]:
            nodes = np.add(half, [i, j])
            points = [(x / 4, heights[x, z], z / 3) for x, z in nodes]
            normal = np.cross(*np.diff(points, axis=0))
            slope = np.hypot(normal[0], normal[2]) / abs(normal[1])
            steepest[i, j] = max(steepest[i, j], slope)
    np.testing.assert_allclose(slopes(jnp.asarray(heights)), steepest, rtol=1e-5)
    task = load_task(TASKS[0], steepest=30.0)
    (limit,) = task.constraints
    design = task.space.decode(task.space.initial())
    ground = np.asarray(slopes(hills(25))).ravel()
    entries = limit(None, design)
    np.testing.assert_allclose(entries, 1 - ground / np.tan(np.pi / 6), atol=1e-4)
    assert (
        entries.min() < 0
        and np.isfinite(
            jax.jacfwd(lambda x: limit(None, task.space.decode(x)))(task.space.initial())
        ).all()
    )


@pytest.mark.parametrize(
    ("name", "options", "match"),
    [
        (TASKS[0], {"steepest": 90.0}, "at most 80"),
        (TASKS[0], {"angle": 400.0}, "at most 360"),
        (TASKS[0], {"pipe": 0.6}, "above the highest landscape"),
        (TASKS[1], {"pipe": 0.7}, "above the highest landscape"),
        (TASKS[1], {"rough": 0.2}, "at most 0.1"),
        (TASKS[1], {"beyond": 1.2}, "is not on the floor"),
        (TASKS[1], {"angles": "20,25"}, "overlap"),
        (TASKS[1], {"shares": "1,2,3"}, "one share above 0 each"),
        (TASKS[1], {"angles": "20,north"}, "numbers separated by commas"),
    ],
)
def test_options_out_of_range_are_refused_in_a_sentence(name, options, match):
    with pytest.raises(ValueError, match=match):
        load_task(name, **options)


def test_a_landscape_of_another_shape_is_refused():
    space = load_task(TASKS[0]).space
    with pytest.raises(ValueError, match=r"625 numbers.*\(24, 25\)"):
        space.encode(np.zeros((24, 25)))


def test_searches_go_through_the_solver_unless_the_model_is_named():
    resolved = resolve(RunConfig(task=TASKS[0]))
    assert resolved.config.simulator == "reference" and resolved.optimizer == "coupled-adam"
    begun = resolved.player().optimizer  # in the water of the lite twin, over the same hills
    assert isinstance(begun, Then) and begun.lightly and begun.steps == 40
    lighter = resolved.problem.lighter.task
    np.testing.assert_array_equal(lighter.build.base, resolved.task.build.base)
    assert num_particles(lighter) == 96 < num_particles(resolved.task) == 640
    assert resolved.configuration(resolved.player())["lighter_cost"] == 0.1
    alone = resolve(RunConfig(task=TASKS[0], options={"lighter": False}))
    assert isinstance(alone.player().optimizer, Coupled)
    for named in ({"simulator": "learned"}, {"model": "watercourse"}):
        through = resolve(RunConfig(task=TASKS[0], **named))
        assert through.config.simulator == "learned" and through.settings["model"] == "watercourse"
        assert through.simulator.dim == 3 and through.simulator.parts == 2
        assert isinstance(through.player().optimizer, Coupled)  # all of it under the task's water


def test_the_export_is_a_closed_solid_over_the_landscape(tmp_path):
    rng = np.random.default_rng(0)
    heights = 0.5 + 0.1 * rng.uniform(-1, 1, (6, 5))
    mesh = landscape_solid(heights, (0, 0), (1, 1), 0.02)
    assert mesh.is_watertight and mesh.is_winding_consistent
    np.testing.assert_allclose(mesh.extents[:2], 1000.0)
    squares = [heights[:-1, :-1], heights[1:, :-1], heights[1:, 1:], heights[:-1, 1:]]
    a, b, c, d = squares
    odd = np.add.outer(np.arange(5), np.arange(4)) % 2 == 1
    mean = np.where(odd, (a + 2 * b + 2 * d + c) / 6, (2 * a + b + 2 * c + d) / 6).mean()
    np.testing.assert_allclose(mesh.volume, 1e9 * (mean - heights.min() + 0.02), rtol=1e-6)
    files = export_landscape(tmp_path, heights, (0, 0), (1, 1))
    read = trimesh.load_mesh(files[0])
    np.testing.assert_allclose(read.volume, mesh.volume, rtol=1e-4)
    np.testing.assert_allclose(np.loadtxt(tmp_path / "heights.csv", delimiter=","), heights)
    again = export_landscape(tmp_path, heights, (0, 0), (1, 1))
    assert [path.read_bytes() for path in files] == [path.read_bytes() for path in again]


def test_a_run_leaves_its_courses_and_their_files(tmp_path):
    task = load_task("watercourse-direction-lite")
    task = dataclasses.replace(task, num_steps=2)
    solver = WATERCOURSE.make_solver(task, 0.025)
    start = np.zeros(81, np.float32)
    before = judge(start, task, solver, conditions=jax.tree.map(lambda x: x[:1], task.unseen))
    judged = Judged(task, start, start, before, before, before, start[None])
    run = RunDirectory(tmp_path, {"task": task.name}, "0", False)
    WATERCOURSE.showing.write_design(run, task, task.space.decode(jnp.asarray(start)))
    assert (tmp_path / "landscape.3mf").stat().st_size > 1000
    assert WATERCOURSE.showing.write(run, judged, solver.simulator, solver)
    courses, outlines, dt = shown(run)
    assert [course.position.shape for course in courses] == [(3, 96, 3)] * 2
    assert len(outlines) == 1 and dt == pytest.approx(0.025)
    assert courses[0].shown[0].sum() == 12 and courses[0].shown[2].sum() == 36
    assert isinstance(solver, Simulated) and eqx.is_array(before.trajectory.frames.position)
