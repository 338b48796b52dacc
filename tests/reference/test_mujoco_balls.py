"""Balls in a box by MuJoCo: free flight, bounces, collisions, rigid bodies, obstacles."""

import numpy as np
import pytest

from invdesign.reference import MuJoCo
from invdesign.scenes import Capsules
from invdesign.scenes._balls import ball_scene
from invdesign.scenes._ropes import GRAVITY

pytest.importorskip("mujoco")


def scene(position, velocity, *, body=None, mass=None, size=5.0, **further):
    number = len(position)
    arrays = {
        "position": np.asarray(position, np.float32),
        "velocity": np.asarray(velocity, np.float32),
        "body": np.asarray(np.arange(number) if body is None else body, np.int32),
        "radius": np.full(number, 0.05, np.float32),
        "mass": np.asarray(np.ones(number) if mass is None else mass, np.float32),
        "lower": np.zeros(2, np.float32),
        "upper": np.full(2, size, np.float32),
    }
    return ball_scene(arrays, **further)


def played(given, num_steps, solver=None):
    (found,) = (solver or MuJoCo()).trajectories([given], num_steps=num_steps)
    assert int(found.result) == 0
    both = (found.initial, found.frames)
    pairs = [[getattr(each, name) for each in both] for name in ("position", "velocity")]
    return [np.concatenate([first[None], rest]) for first, rest in pairs]


def test_a_ball_flies_a_parabola_and_air_slows_it():
    place, _ = played(scene([[1.0, 2.0]], [[2.0, 1.0]], drag=0.0), 30)
    time = 0.01 * np.arange(31)
    np.testing.assert_allclose(place[:, 0, 0], 1 + 2 * time, atol=1e-5)
    # First order in time: half a step of the solver, times what gravity adds.
    np.testing.assert_allclose(
        place[:, 0, 1], 2 + time - GRAVITY * time**2 / 2, atol=0.6e-3 * GRAVITY * 0.3
    )
    _, slowed = played(scene([[1.0, 2.0]], [[2.0, 0.0]], drag=1.5), 30)
    np.testing.assert_allclose(slowed[:, 0, 0], 2 * np.exp(-1.5 * time), rtol=2e-3)


@pytest.mark.parametrize("bounce", [0.3, 0.6, 0.9])
def test_a_bounce_is_that_of_a_damped_spring_that_lets_go(bounce):
    given = scene([[2.0, 0.3]], [[0.0, -4.0]], drag=0.0, bounce=bounce)
    place, speed = played(given, 10)
    height = place[:, 0, 1] - 0.05
    at_wall = np.sqrt(speed[[0, -1], 0, 1] ** 2 + 2 * GRAVITY * height[[0, -1]])
    # Schwager and Poeschel (2007), Coefficient of restitution and linear dashpot model revisited.
    ratio = -np.log(bounce) / np.hypot(np.pi, np.log(bounce))
    turn = np.sqrt(1 - ratio**2)
    lets_go = np.pi - np.arctan2(2 * ratio * turn, 1 - 2 * ratio**2)
    assert at_wall[1] / at_wall[0] == pytest.approx(np.exp(-ratio / turn * lets_go), abs=0.03)
    assert height.min() > -0.012  # a quarter of what it would go in a frame


def test_momentum_stays_when_balls_of_different_masses_meet():
    given = scene([[1.0, 2.0], [1.5, 2.02]], [[3.0, 0.0], [0.0, 0.0]], mass=[1.0, 3.0], drag=0.0)
    _, speed = played(given, 30)
    total = speed[:, 0] + 3 * speed[:, 1]
    np.testing.assert_allclose(total[-1] - total[0], [0, -4 * GRAVITY * 0.3], atol=1e-3)
    assert speed[-1, 1, 0] > 0.5  # it was hit
    # Bodies that met at one speed and part at another: what is left of it.
    apart = speed[-1, 1, 0] - speed[-1, 0, 0]
    assert 0.2 * 3 < apart < 0.4 * 3


def test_a_thrown_body_keeps_its_shape_spin_and_path():
    arms = np.asarray([[0.2, 0.0], [-0.1, 0.15], [-0.1, -0.15]])
    spin, velocity = 4.0, np.asarray([1.0, 1.0])
    turning = spin * np.stack([-arms[:, 1], arms[:, 0]], axis=1)
    given = scene(2.0 + arms, velocity + turning, body=[0, 0, 0], drag=0.0)
    place, speed = played(given, 40)
    distances = [np.linalg.norm(place[:, i] - place[:, j], axis=1) for i, j in ((0, 1), (1, 2))]
    for found in distances:
        np.testing.assert_allclose(found, found[0], rtol=1e-5)
    arm = place[:, 0] - place.mean(axis=1)
    angle = np.unwrap(np.arctan2(arm[:, 1], arm[:, 0]))
    np.testing.assert_allclose(angle, spin * 0.01 * np.arange(41), atol=1e-4)
    np.testing.assert_allclose(place.mean(axis=1)[:, 0], 2 + 0.01 * np.arange(41), atol=1e-4)
    # Velocities are those of the positions, the first ones included.
    between = (place[2:] - place[:-2]) / 0.02
    np.testing.assert_allclose(between, speed[1:-1], atol=0.03)


def test_a_body_that_hits_a_wall_off_its_center_begins_to_spin():
    arms = np.asarray([[-0.2, 0.1], [0.2, -0.1]])
    given = scene(1.0 + arms, np.full((2, 2), [0.0, -3.0]), body=[0, 0])
    place, speed = played(given, 40)
    assert (place[..., 1] - 0.05).min() > -0.02
    np.testing.assert_allclose(speed[20, 0], speed[20, 1], atol=1e-5)  # it does not turn yet
    arm, between = place[27, 1] - place[27, 0], speed[27, 1] - speed[27, 0]
    # The right one has hit the floor: it turns to the left.
    assert (arm[0] * between[1] - arm[1] * between[0]) / (arm @ arm) > 1.0
    assert np.linalg.norm(arm) == pytest.approx(np.linalg.norm(arms[1] - arms[0]), rel=1e-5)


def test_energy_falls_and_a_scene_repeats_itself():
    rng = np.random.default_rng(0)
    centers = np.asarray([[0.2, 0.3], [0.5, 0.3], [0.8, 0.3], [0.3, 0.7], [0.7, 0.7]])
    given = scene(centers, rng.uniform(-1, 1, (5, 2)), size=1.0, drag=0.0, bounce=0.6)
    place, speed = played(given, 120)
    total = (0.5 * (speed**2).sum(-1) + GRAVITY * place[..., 1]).sum(axis=1)
    assert (np.diff(total[::40]) < 0).all() and total[-1] < 0.8 * total[0]
    np.testing.assert_array_equal(place, played(given, 120)[0])
    assert place.min() > 0.05 - 0.02 and place.max() < 0.95 + 0.02


def test_balls_slide_off_what_is_in_their_way_and_absent_ones_are_nowhere():
    ramp = Capsules(np.asarray([[[0.2, 0.8], [0.6, 0.5]]]), np.asarray([0.02]))
    given = scene(
        [[0.3, 1.2], [0.0, 0.0]], np.zeros((2, 2)), body=[0, -1], obstacles=(ramp,), drag=0.0
    )
    place, speed = played(given, 60)
    np.testing.assert_array_equal(place[:, 1], 0)
    along = np.asarray([0.4, -0.3]) / 0.5
    # Neither bounce nor friction: it goes along the ramp, and rolls off to the right.
    sliding = [t for t in range(61) if 0.35 < place[t, 0, 0] < 0.55 and place[t, 0, 1] > 0.5]
    across = speed[sliding, 0] @ np.asarray([0.6, 0.8])
    assert len(sliding) > 3 and np.abs(across[2:]).max() < 0.1
    assert (speed[sliding, 0] @ along > 0).all() and place[-1, 0, 0] > 0.65


def test_where_a_ball_comes_off_a_blade_does_not_hang_on_how_deep_it_got_in():
    """Not on where in a time step of MuJoCo it touched; critically damped it is off by 30 mm."""
    along, places = np.asarray([np.cos(0.8), -np.sin(0.8)]), np.linspace(-0.01, 0.01, 21)
    blade = np.stack([-0.07 * along, 0.07 * along]) + np.asarray([0.5, 0.6])
    ends = []
    for place in places:
        obstacles = (Capsules((blade + np.asarray([place, 0.0]))[None], np.asarray([0.015])),)
        given = scene([[0.5, 0.85]], [[0.0, -1.0]], obstacles=obstacles, drag=0.0)
        ends.append(played(given, 35)[0][-1, 0])
    smooth = np.polynomial.Polynomial.fit(places, np.asarray(ends)[:, 0], 4)
    assert np.abs(np.asarray(ends)[:, 0] - smooth(places)).max() < 0.006
