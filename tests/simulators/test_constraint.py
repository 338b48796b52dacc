"""Simulators by constraints: symmetries, gradients, inner solves, obstacles never seen."""

import dataclasses
import functools

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from invdesign import RESULTS, CheckpointAdjoint, load, rollout
from invdesign.families.rope._ropes import rope_arrays
from invdesign.scenes import AbstractObstacles, Capsules, HalfSpaces, NodeKind
from invdesign.scenes._ropes import gaps, rope_scene
from invdesign.simulators import (
    Constrained,
    FastProjections,
    GradientSteps,
    HardContact,
    Minimised,
    SoftContact,
)
from invdesign.simulators.constraint import Updates, gradient_norm, least_curvature
from invdesign.simulators.constraint._active import ActiveSet
from invdesign.simulators.constraint._build import (
    ConstraintModelConfig,
    build_constraint_network,
    constraint_header,
    make_constraint_simulator,
)
from invdesign.simulators.constraint._ranges import RopeRanges
from invdesign.simulators.constraint._simulator import MotionStatistics

RANGES = RopeRanges((0.1, 0.1), (1.0, 15.0), 10.0, 10, 160)
MODEL = ConstraintModelConfig(
    latent=8, num_steps=1, num_past=2, solver="gradient", iterations=3, step_size=0.1
)
FLOOR = HalfSpaces([[0.0, 1.0]], [-0.2])


def simulator(model=MODEL, seed=0):
    header = constraint_header(model, MotionStatistics(0.007, 0.001), dt=0.01, ranges=RANGES)
    network = build_constraint_network(model, key=jax.random.key(seed))
    return make_constraint_simulator(network, header)


def arrays(number=5, padded=5, shift=(0.0, 0.0)):
    rng = np.random.default_rng(number)
    turns = 0.4 * rng.standard_normal(number - 1)
    found = rope_arrays(1.2 + turns, 2.0 + turns, 3.0, padded=padded)
    return {**found, "position": found["position"] + np.float32(shift)}


def problem(model, scene):
    context, state = model.init(scene)
    return model.problem(context, state)[0]


def candidate(number=5, seed=0, scale=1.0):
    rows = scale * np.random.default_rng(seed).standard_normal((number, 2))
    return jnp.asarray(np.where(np.arange(number)[:, None] == 0, 0.0, rows), jnp.float32)


def moved(model, scene, num_steps=3):
    return rollout(model, scene, num_steps=num_steps).frames.position


def test_the_constraint_is_at_least_zero_and_its_gradient_is_right():
    found = problem(simulator(), rope_scene(arrays()))
    y = candidate()
    assert float(found.value(y)) > 0
    gradient = found.gradient(y)
    np.testing.assert_array_equal(gradient[0], 0)  # of the held node
    way, step = candidate(seed=1), 3e-3
    ahead, behind = (float(found.value(y + sign * step * way)) for sign in (1, -1))
    slope = (ahead - behind) / (2 * step)
    np.testing.assert_allclose(float(jnp.sum(gradient * way)), slope, rtol=2e-2)


def test_a_shift_of_the_rope_is_one_of_its_future():
    first = moved(simulator(), rope_scene(arrays()))
    second = moved(simulator(), rope_scene(arrays(shift=(0.5, -1.0))))
    np.testing.assert_allclose(second - jnp.asarray([[[0.5, -1.0]]], jnp.float32), first, atol=1e-6)


def test_the_order_of_nodes_and_links_says_nothing():
    given, order = arrays(), np.array([3, 0, 4, 1, 2])
    place = np.argsort(order)
    shuffled = {key: given[key][order] for key in ("position", "velocity", "kind", "damping")}
    shuffled["links"] = place[given["links"]][::-1, ::-1].astype(np.int32).copy()
    first, second = (moved(simulator(), rope_scene(each)) for each in (given, shuffled))
    np.testing.assert_allclose(second, first[:, order], atol=1e-6)


def test_filling_up_changes_nothing():
    first, second = (moved(simulator(), rope_scene(arrays(padded=n))) for n in (5, 8))
    np.testing.assert_allclose(second[:, :5], first, atol=1e-6)
    np.testing.assert_array_equal(second[:, 5:], 0)
    values = [problem(simulator(), rope_scene(arrays(padded=n))) for n in (5, 8)]
    wide = jnp.pad(candidate(), ((0, 3), (0, 0)))
    np.testing.assert_allclose(values[1].value(wide), values[0].value(candidate()), rtol=1e-5)


def test_inner_steps_go_down_and_their_number_may_be_changed():
    found = problem(simulator(), rope_scene(arrays()))
    start = candidate(scale=3.0)
    path = GradientSteps(20, 0.05).path(found, start)
    values = np.array([float(found.value(y)) for y in (start, *path)])
    assert (np.diff(values) < 0).all()
    np.testing.assert_array_equal(path[:, 0], 0)
    end, code = GradientSteps(20, 0.05).solve(found, start)
    np.testing.assert_allclose(end, path[-1], atol=1e-6)
    assert int(code) == 0
    failed = GradientSteps(1, 0.05, tolerance=1e-6).solve(found, start)[1]
    assert int(failed) == RESULTS.inner_solve_failed
    nearer = FastProjections(5, 0.5).path(found, start)
    assert float(found.value(nearer[-1])) < values[0]


def test_a_minimum_has_no_gradient():
    found = problem(simulator(), rope_scene(arrays()))
    bent = eqx.tree_at(lambda p: p.network, found, _bowl)
    solver = Minimised()
    lowest, code = eqx.filter_jit(solver.solve)(bent, candidate())
    assert int(code) == 0 and float(gradient_norm(bent, lowest)) < 1e-3
    few = Minimised(steps=GradientSteps(2, 0.1))
    assert int(few.solve(bent, candidate(scale=5.0))[1]) == RESULTS.inner_solve_failed
    hard = problem(
        dataclasses.replace(simulator(), contact=HardContact()),
        rope_scene(arrays(), obstacles=(FLOOR,)),
    )
    with pytest.raises(ValueError, match="needs `steps` where obstacles or terms are hard"):
        solver.solve(hard, candidate())


def test_where_the_constraint_has_no_minimum_a_solve_says_so():
    found = problem(simulator(), rope_scene(arrays()))
    bowl = eqx.tree_at(lambda p: p.network, found, _bowl)
    valley = eqx.tree_at(lambda p: p.network, found, lambda *given: _bowl(*given)[:, ::2])
    # Curvatures of a bowl: 1 + 0.12 y^2 a coordinate, and what the height of its foot adds.
    assert 0.9 < float(least_curvature(bowl, jnp.full((5, 2), 0.3))) < 1.1
    solver = Minimised(steps=GradientSteps(60, 0.3))
    assert abs(float(least_curvature(valley, candidate()))) < 1e-5
    assert int(solver.solve(valley, candidate())[1]) == RESULTS.no_minimum
    assert "curvature" in RESULTS.no_minimum.message


def test_gradients_of_a_minimum_agree_with_the_steps_and_with_differences():
    given = problem(
        dataclasses.replace(simulator(), contact=SoftContact()),
        rope_scene(arrays(), obstacles=(FLOOR,)),
    )
    given = eqx.tree_at(lambda p: p.network, given, _bowl)
    low = given.coasting.at[2:, 1].set(-0.1805)  # half a unit deep in the floor

    def total(coasting, solver):
        there = eqx.tree_at(lambda p: p.coasting, given, coasting)
        found = there.position(solver.solve(there, jnp.zeros((5, 2)))[0])
        return 1e3 * jnp.sum(found**3)

    steps = GradientSteps(100, 0.3)
    solvers = (steps, Minimised(steps=steps))
    slopes = [eqx.filter_jit(jax.grad(total))(low, each) for each in solvers]
    np.testing.assert_allclose(slopes[1], slopes[0], rtol=1e-2, atol=1e-2)
    way = jnp.zeros((5, 2)).at[3].set(jnp.asarray([0.3, 1.0]))
    ends = eqx.filter_jit(jax.vmap(total, (0, None)))
    ahead, behind = ends(low[None] + 1e-4 * jnp.stack([way, -way]), steps).tolist()
    np.testing.assert_allclose(jnp.sum(slopes[1] * way), (ahead - behind) / 2e-4, rtol=2e-2)


def test_hard_obstacles_are_part_of_the_derivative_of_a_minimum():
    given = problem(
        dataclasses.replace(simulator(), contact=HardContact()),
        rope_scene(arrays(), obstacles=(FLOOR,)),
    )
    given = eqx.tree_at(lambda p: p.network, given, _bowl)
    low = given.coasting.at[3:, 1].set(-0.1).at[1:3, 1].set(-0.1805)  # two half a unit deep
    way = jnp.asarray([0.6, 0.8])
    disk = low[4] + 3e-4 - 0.0697 * way  # and the last node three tenths deep in a disk

    def total(both, solver):
        coasting, center = both
        obstacles = (FLOOR, Capsules(jnp.stack([center, center])[None], jnp.asarray([0.05])))
        there = eqx.tree_at(lambda p: p.coasting, given, coasting)
        there = eqx.tree_at(lambda p: p.touch.obstacles, there, obstacles)
        found, code = solver.solve(there, jnp.zeros((5, 2)))
        return 1e3 * jnp.sum(there.position(found) ** 3), (code, there, found)

    steps = GradientSteps(100, 0.3)
    slope = eqx.filter_jit(jax.grad(total, has_aux=True))
    unrolled, _ = slope((low, disk), steps)
    implicit, (code, there, found) = slope((low, disk), Minimised(steps=steps))
    assert int(code) == 0
    held = ActiveSet.at(there, found).is_active.reshape(5, 2)
    np.testing.assert_array_equal(np.argwhere(held), [[1, 0], [2, 0], [4, 1]])
    for ours, theirs in zip(implicit, unrolled, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-2, atol=2e-2)
    assert np.abs(implicit[1]).max() > 1  # a design may be where the disk is
    along = (jnp.zeros((5, 2)).at[4].set(way[::-1]).at[1].set(way), jnp.asarray([0.3, -1.0]))

    def shifted(way):
        both = jax.tree.map(lambda x, y: x + way * 5e-5 * y, (low, disk), along)
        return float(total(both, steps)[0])

    wanted = sum(float(jnp.sum(x * y)) for x, y in zip(implicit, along, strict=True))
    np.testing.assert_allclose((shifted(1) - shifted(-1)) / 1e-4, wanted, rtol=2e-2)
    few = Minimised(steps=GradientSteps(2, 0.1))
    assert int(total((low, disk), few)[1][0]) == RESULTS.inner_solve_failed


def test_curvature_counts_along_what_obstacles_leave():
    scene = rope_scene(arrays(), obstacles=(FLOOR,))
    given = problem(dataclasses.replace(simulator(), contact=HardContact()), scene)
    # Candidates may slide up and down, but for those that the floor holds.
    valley = eqx.tree_at(
        lambda p: p.network, given, lambda *each: _bowl(*each)[:, ::2] + 0.1 * each[1][:, -1:]
    )
    level = jnp.where(jnp.arange(5)[:, None] > 0, jnp.asarray([[0.0, -0.1805]]), 0.0)
    valley = eqx.tree_at(
        lambda p: p.coasting, valley, given.coasting * jnp.asarray([[1.0, 0]]) + level
    )
    found, _ = GradientSteps(60, 0.3).solve(valley, jnp.zeros((5, 2)))
    active = ActiveSet.at(valley, found)
    assert active.is_active.tolist() == [False, *[True] * 4]
    assert (
        float(least_curvature(valley, found)) < 0.05 < float(least_curvature(valley, found, active))
    )


@pytest.mark.slow
@pytest.mark.parametrize("contact", [SoftContact(), HardContact()], ids=["soft", "hard"])
@pytest.mark.parametrize("height", [None, 0.01])
def test_both_gradients_of_a_rollout_agree_and_one_needs_no_memory_for_iterations(height, contact):
    given = arrays(6, 6)
    lowest = float(given["position"][:, 1].min())
    floor = () if height is None else (HalfSpaces([[0.0, 1.0]], [lowest - 0.02 - height]),)
    scene = rope_scene(given, obstacles=floor)
    model = dataclasses.replace(load("rope"), contact=contact)

    def total(velocity, solver):
        thrown = dataclasses.replace(scene, velocity=velocity)
        steady = dataclasses.replace(model, solver=solver)
        found = rollout(steady, thrown, num_steps=20, adjoint=CheckpointAdjoint(1), throw=False)
        return jnp.sum((found.frames.position[-1] - 0.1) ** 2), found

    slopes, memory = {}, {}
    for name, wrapped, number in (("unrolled", 0, 100), ("implicit", 1, 100), ("longer", 1, 400)):
        steps = GradientSteps(number, model.solver.step_size)
        solver = Minimised(steps=steps) if wrapped else steps
        slope = jax.jit(jax.grad(functools.partial(total, solver=solver), has_aux=True))
        compiled = slope.lower(scene.velocity).compile()
        memory[name] = compiled.memory_analysis().temp_size_in_bytes
        slopes[name], found = compiled(scene.velocity)
        assert int(found.result) == 0
    if floor:
        room = gaps(floor, found.frames.position.reshape(-1, 2), scene.radius)[0]
        least = float(room[0].reshape(20, 6)[:, 1:].min())
        assert -0.1 * scene.radius < least < 1e-6  # it has touched, and hardly entered
    unrolled, implicit = np.asarray(slopes["unrolled"]), np.asarray(slopes["implicit"])
    cosine = np.sum(unrolled * implicit) / np.linalg.norm(unrolled) / np.linalg.norm(implicit)
    assert cosine > 0.99
    assert memory["implicit"] == memory["longer"] < 0.5 * memory["unrolled"]
    few = Minimised(steps=GradientSteps(5, model.solver.step_size))
    assert int(total(scene.velocity, few)[1].result) == RESULTS.inner_solve_failed


def _bowl(graph, nodes, edges):
    """In place of a network: the candidate itself, whose squares have one minimum, and more."""
    return jnp.concatenate([nodes[:, -2:] - 0.3, 0.2 * nodes[:, -2:] ** 2], axis=1)


def test_gradients_pass_through_the_inner_steps():
    scene, model = rope_scene(arrays()), simulator()

    def tip(speed):
        thrown = dataclasses.replace(scene, velocity=speed * scene.velocity)
        return moved(model, thrown)[-1, -1, 0]

    slope = jax.grad(tip)(1.0)
    np.testing.assert_allclose(slope, (tip(1.05) - tip(0.95)) / 0.1, rtol=2e-2)


def test_hard_obstacles_are_never_entered_and_soft_ones_hardly():
    given = {**arrays(), "velocity": np.float32([0.0, -4.0]) * np.ones((5, 1), np.float32)}
    scene = rope_scene(given)
    rooms = {}
    for name, contact in (("hard", HardContact()), ("soft", SoftContact(4.0)), ("none", None)):
        model = dataclasses.replace(simulator(), contact=contact or HardContact())
        model = Constrained(model, () if contact is None else (FLOOR,))
        found = moved(model, scene, num_steps=8)
        free = np.asarray(scene.kind) == NodeKind.FREE
        room = [np.asarray(gaps((FLOOR,), each, scene.radius)[0])[0, free] for each in found]
        rooms[name] = np.min(room)
    assert rooms["none"] < -0.02
    assert rooms["hard"] > -1e-6
    assert rooms["none"] < 4 * rooms["soft"] < 0


def test_an_obstacle_of_ones_own_is_five_lines():
    class Box(AbstractObstacles):
        """Everything right of a line at 0.2 m."""

        thickness: jax.Array

        def closest(self, points):
            way = points[:, :1] - 1.2
            return jnp.pad(way, ((0, 0), (0, 1))), jnp.abs(way[:, 0])

    scene = rope_scene(arrays(), obstacles=(Box(jnp.ones(1)), FLOOR))
    found = moved(simulator(), scene, num_steps=2)
    assert float(found[:, 1:, 0].max()) < 0.2
    assert float(found[:, 1:, 1].min()) > -0.2


def test_an_ordinary_network_is_one_update_and_refuses_nothing():
    model = simulator(dataclasses.replace(MODEL, solver="updates", iterations=1))
    assert model.solver == Updates(1)
    found = problem(model, rope_scene(arrays()))
    step = model.solver.solve(found, jnp.zeros((5, 2)))[0]
    np.testing.assert_allclose(step, found.masked(found.outputs(jnp.zeros((5, 2)))), atol=1e-7)


def test_what_is_far_from_the_data_is_said():
    fast = {**arrays(), "velocity": np.full((5, 2), 20, np.float32)}
    assert simulator().check(rope_scene(arrays()), 160) == ()
    notes = simulator().check(rope_scene({**fast, "damping": np.full(5, 40, np.float32)}), 200)
    assert [word in " ".join(notes) for word in ("fastest", "damping", "200 frames")] == [True] * 3
    with pytest.raises(ValueError, match="no capacity"):
        simulator().grow(2)
    with pytest.raises(ValueError, match="num_steps >= 1"):
        GradientSteps(0, 0.1)


def test_capsules_and_half_spaces_measure_room():
    wall = Capsules([[[0.5, -1.0], [0.5, 1.0]]], [0.1])
    room, normals = gaps((FLOOR, wall), jnp.asarray([[0.0, 0.0], [0.7, -0.3]]), 0.02)
    np.testing.assert_allclose(room, [[0.18, -0.12], [0.38, 0.08]], atol=1e-6)
    np.testing.assert_allclose(jnp.stack(normals, -1)[0], [[0, 1], [0, 1]], atol=1e-6)
