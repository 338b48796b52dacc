"""Rigid bodies and balls in a box before a learned constraint: symmetries, room for pairs."""

import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from invdesign import RESULTS, rollout
from invdesign.families.balls._balls import RandomBalls
from invdesign.families.rigids._rigids import RandomRigids
from invdesign.families.rope._ropes import rope_arrays
from invdesign.scenes import Capsules, HalfSpaces
from invdesign.scenes._balls import ABSENT, ball_scene
from invdesign.scenes._ropes import gaps, rope_scene
from invdesign.simulators import HardContact, SoftContact
from invdesign.simulators.constraint import Contacts, Joined, Links
from invdesign.simulators.constraint._build import (
    ConstraintModelConfig,
    build_constraint_network,
    build_constraint_simulator,
    constraint_header,
    make_constraint_simulator,
)
from invdesign.simulators.constraint._ranges import BallRanges, RopeRanges
from invdesign.simulators.constraint._simulator import MotionStatistics

RANGES = BallRanges((0.03, 0.07), (0.02, 0.3), 5.0, (1.0, 1.0), 0.3, 1.0, 10, 160)
ROPES = RopeRanges((0.1, 0.1), (1.0, 15.0), 10.0, 10, 160)
MODEL = ConstraintModelConfig(
    latent=8, num_steps=1, num_past=2, solver="gradient", iterations=3, step_size=0.1
)
VIEWS = [Joined(), Contacts()]


def simulator(view, **further):
    config = dataclasses.replace(MODEL, **further)
    ranges = ROPES if isinstance(view, Links) else RANGES
    header = constraint_header(
        config, MotionStatistics(0.007, 0.002), dt=0.01, ranges=ranges, view=view
    )
    network = build_constraint_network(config, view=view, key=jax.random.key(0))
    return make_constraint_simulator(network, header)


def arrays(view, number=5, padded=5, seed=0):
    """A scene of so many balls, those that are not joined close to each other."""
    if isinstance(view, Joined):
        return RandomRigids((number, number), padded).sample(np.random.default_rng(seed))
    found = RandomBalls((number, number), padded).sample(np.random.default_rng(seed))
    angle = 2 * np.pi * np.arange(number) / number
    ring = 0.5 + 0.12 * np.stack([np.cos(angle), np.sin(angle)], axis=1)
    filled = np.pad(ring, ((0, padded - number), (0, 0))).astype(np.float32)
    return {**found, "position": filled}


def moved(model, scene, num_steps=3):
    return rollout(model, scene, num_steps=num_steps).frames.position


@pytest.mark.parametrize("view", VIEWS, ids=["joined", "contacts"])
def test_what_is_seen_does_not_hang_on_order_or_on_filling(view):
    model, given, order = simulator(view), arrays(view), np.array([3, 0, 4, 1, 2])
    first = moved(model, ball_scene(given))
    nodes = ("position", "velocity", "radius", "mass")
    shuffled = {**given, **{key: given[key][order] for key in nodes}}
    np.testing.assert_allclose(moved(model, ball_scene(shuffled)), first[:, order], atol=1e-6)
    wide = moved(model, ball_scene(arrays(view, padded=8)))
    np.testing.assert_allclose(wide[:, :5], first, atol=1e-6)
    np.testing.assert_array_equal(wide[:, 5:], 0)


@pytest.mark.parametrize("solver", ["gradient", "updates"])
@pytest.mark.parametrize("view", [*VIEWS, Links()], ids=["joined", "contacts", "links"])
def test_a_mirrored_model_moves_a_mirrored_scene_the_same_way(view, solver):
    if isinstance(view, Links):
        given = rope_arrays(1.2 + 0.1 * np.arange(4), 2.0 * np.ones(4), 3.0, padded=5)
        scene, plane = rope_scene(given), 0.0
    else:
        given = arrays(view)
        given["position"][:, 0] -= 0.2  # so that a wall is seen
        scene, plane = ball_scene(given), 1.0
    away, turn = np.asarray([[plane, 0]], np.float32), np.asarray([[-1, 1]], np.float32)
    other = dataclasses.replace(
        scene, position=away + turn * scene.position, velocity=turn * scene.velocity
    )
    off = {}
    for mirrored in (False, True):
        model = simulator(view, solver=solver, mirrored=mirrored)
        first, second = (np.asarray(moved(model, each)) for each in (scene, other))
        off[mirrored] = np.abs(away + turn * first - second).max()
    assert off[True] < 2e-6 < 1e-4 < off[False]


@pytest.mark.parametrize("view", VIEWS, ids=["joined", "contacts"])
def test_walls_are_seen_and_a_box_may_lie_anywhere(view):
    model, given = simulator(view), arrays(view)
    shift = np.float32([3.0, -2.0])
    there = {**given, **{k: given[k] + shift for k in ("position", "lower", "upper")}}
    first, second = moved(model, ball_scene(given)), moved(model, ball_scene(there))
    np.testing.assert_allclose(second - shift[None, None], first, atol=2e-6)
    # A ceiling a centimetre above the highest ball.
    high = np.float32(given["position"][:, 1].max() + given["radius"].max() + 0.01)
    tight = {**given, "upper": np.stack([given["upper"][0], high])}
    model = dataclasses.replace(model, ranges=None)
    assert np.abs(moved(model, ball_scene(tight)) - first).max() > 3e-6


def test_balls_see_those_near_them_and_no_others():
    model, given = simulator(Contacts()), arrays(Contacts(), number=3)
    given["position"][:3] = [[0.2, 0.5], [0.2, 0.5], [0.8, 0.5]]
    given["position"][1, 0] += given["radius"][:2].sum() + 0.01
    given["body"][3:] = ABSENT
    first = moved(model, ball_scene(given), 1)
    far = {**given, "velocity": given["velocity"] * np.float32([[1], [1], [0], [1], [1]])}
    np.testing.assert_allclose(moved(model, ball_scene(far), 1)[:, :2], first[:, :2], atol=1e-7)
    near = {**given, "velocity": given["velocity"] * np.float32([[1], [0], [1], [1], [1]])}
    changed = np.abs(moved(model, ball_scene(near), 1) - first)[0, [0, 2]].max(axis=1)
    assert changed[0] > 1e-7 and changed[1] < 1e-7


def test_an_edge_that_appears_changes_nothing_at_first():
    model, given = simulator(Contacts()), arrays(Contacts(), number=2, padded=2)
    given["velocity"][:] = 0
    reach, found = given["radius"].sum(), []
    for room in (0.0495, 0.0505):
        given["position"][:] = [[0.4, 0.5], [0.4 + reach + room, 0.5]]
        step = moved(model, ball_scene(given), 1)[0] - given["position"]
        found.append(step)
    np.testing.assert_allclose(found[0], found[1], atol=2e-6)


def test_more_pairs_than_there_is_room_for_are_said():
    view = Contacts(pairs_per_ball=0.2)
    model, scene = simulator(Contacts()), ball_scene(arrays(view))
    small = dataclasses.replace(model, view=view)
    code = rollout(small, scene, num_steps=1, throw=False).result
    assert int(code) == RESULTS.capacity_exceeded
    assert int(rollout(small.grow(10.0), scene, num_steps=1, throw=False).result) == 0
    with pytest.raises(ValueError, match="no capacity"):
        simulator(Joined()).grow(2.0)


def test_scenes_of_another_kind_are_refused_and_far_ones_told():
    rigid, balls = ball_scene(arrays(Joined())), ball_scene(arrays(Contacts()))
    with pytest.raises(ValueError, match="one body, got 5"):
        simulator(Joined()).check(balls)
    with pytest.raises(ValueError, match="not joined"):
        simulator(Contacts()).check(rigid)
    assert simulator(Joined()).check(rigid, 160) == ()
    odd = dataclasses.replace(
        balls, mass=9 * balls.mass, radius=3 * balls.radius, bounce=0.9, upper=2 * balls.upper
    )
    said = " ".join(simulator(Contacts()).check(odd, 200))
    for word in ("masses", "radii", "bounce", "the box is 2 x 2 m", "200 frames"):
        assert word in said
    assert "drag" not in said


def test_headers_build_either_kind():
    for view in VIEWS:
        model = simulator(view)
        header = constraint_header(MODEL, model.statistics, dt=model.dt, ranges=RANGES, view=view)
        built = build_constraint_simulator(header)
        assert built.view == view and built.ranges == RANGES
        assert jax.tree.structure(built) == jax.tree.structure(model)
    with pytest.raises(ValueError, match="unknown way"):
        build_constraint_simulator({**header, "view": "sideways"})


def test_obstacles_keep_out_balls_of_every_size():
    given = arrays(Contacts())
    given["velocity"][:] = [0.0, -4.0]
    floor = HalfSpaces([[0.0, 1.0]], [0.3])
    peg = Capsules([[[0.5, 0.35], [0.5, 0.35]]], [0.05])
    scene, rooms = ball_scene(given, obstacles=(floor, peg)), {}
    for name, contact in (("hard", HardContact()), ("soft", SoftContact(4.0))):
        model = dataclasses.replace(simulator(Contacts()), contact=contact)
        found = moved(model, scene, 8)
        rooms[name] = min(
            float(gaps(scene.obstacles, jnp.asarray(each), scene.radius)[0].min()) for each in found
        )
    assert rooms["hard"] > -1e-3 and -0.05 < rooms["soft"] < rooms["hard"] + 1e-6


def test_gradients_pass_through_collisions():
    scene, model = ball_scene(arrays(Contacts())), simulator(Contacts())

    def end(speed):
        thrown = dataclasses.replace(scene, velocity=speed * scene.velocity)
        return moved(model, thrown)[-1, 0, 0]

    slope = jax.grad(end)(1.0)
    np.testing.assert_allclose(slope, (end(1.05) - end(0.95)) / 0.1, rtol=5e-2)
