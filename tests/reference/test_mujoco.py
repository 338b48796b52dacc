"""Ropes by MuJoCo: a pendulum's own solution, energy, lengths, floors."""

import dataclasses
import sys

import jax.numpy as jnp
import numpy as np
import pytest

from invdesign.families.rope._ropes import RandomRopes, rope_arrays
from invdesign.reference import MuJoCo
from invdesign.scenes import AbstractObstacles, Capsules, HalfSpaces
from invdesign.scenes._ropes import GRAVITY, gaps, rope_scene

LINK = 0.1


def positions(scene, num_steps, solver=None):
    (trajectory,) = (solver or MuJoCo()).trajectories([scene], num_steps=num_steps)
    assert int(trajectory.result) == 0
    return np.concatenate([trajectory.initial.position[None], trajectory.frames.position])


def rope(angle=0.3, number=6, damping=1.0, rate=0.0, **further):
    arrays = rope_arrays(
        np.full(number - 1, angle), np.full(number - 1, rate), damping, padded=number
    )
    return rope_scene(arrays, **further)


@pytest.fixture(scope="module")
def installed():
    return pytest.importorskip("mujoco")


def test_a_single_link_is_a_damped_pendulum(installed):
    start, damping = 0.01, 2.0
    found = positions(rope(start, number=2, damping=damping), 100)
    time = 0.01 * np.arange(101)
    turn = np.sqrt(GRAVITY / LINK - damping**2 / 4)
    swing = np.cos(turn * time) + damping / (2 * turn) * np.sin(turn * time)
    wanted = start * np.exp(-damping * time / 2) * swing
    np.testing.assert_allclose(found[:, 1, 0] / LINK, wanted, atol=0.06 * start)
    # First order in time: half of the steps, half of the error.
    finer = positions(rope(start, number=2, damping=damping), 100, MuJoCo().refined(2))
    errors = [np.abs(each[:, 1, 0] / LINK - wanted).max() for each in (found, finer)]
    assert errors[1] < 0.65 * errors[0]


def test_energy_falls_and_lengths_stay(installed):
    scene = rope(1.2, number=8, damping=2.0, rate=4.0)
    (trajectory,) = MuJoCo().trajectories([scene], num_steps=160)
    position, velocity = trajectory.frames.position, trajectory.frames.velocity
    energy = (0.5 * (velocity**2).sum(axis=-1) + GRAVITY * position[..., 1]).sum(axis=1)
    assert (np.diff(energy) < 1e-3 * np.ptp(energy)).all()
    lengths = np.linalg.norm(np.diff(position, axis=1), axis=-1)
    assert np.abs(lengths / LINK - 1).mean() < 2e-3
    assert np.abs(lengths / LINK - 1).max() < 0.03
    np.testing.assert_array_equal(position[:, 0], 0.0)


def test_it_repeats_itself_and_forgets_what_is_small(installed):
    arrays = RandomRopes().sample(np.random.default_rng(3))
    scene = rope_scene(arrays)
    found = positions(scene, 160)
    np.testing.assert_array_equal(found, positions(scene, 160))
    nudged = {**arrays, "velocity": arrays["velocity"] + np.float32(1e-5)}
    assert np.abs(positions(rope_scene(nudged), 160) - found).max() < 1e-3


@pytest.mark.parametrize("shape", ["floor", "ball", "wall"])
def test_nodes_stay_out_of_obstacles(installed, shape):
    obstacles = {
        "floor": HalfSpaces([[0.0, 1.0]], [-0.25]),
        "ball": Capsules(np.full((1, 2, 2), [0.0, -0.4]), np.array([0.15])),
        "wall": Capsules(np.array([[[-0.1, 0.1], [-0.1, -1.0]]]), np.array([0.03])),
    }[shape]
    scene = rope(1.4, number=7, obstacles=(obstacles,))
    rooms = [
        gaps(scene.obstacles, jnp.asarray(each), scene.radius)[0].min()
        for each in positions(scene, 80)
    ]
    assert min(rooms) < 0.1 * scene.radius  # they touch
    assert min(rooms) > -0.2 * scene.radius


def test_an_obstacle_of_another_kind_is_refused(installed):
    class Odd(AbstractObstacles):
        thickness: np.ndarray

        def closest(self, points):
            raise NotImplementedError

    scene = dataclasses.replace(rope(), obstacles=(Odd(np.zeros(1)),))
    with pytest.raises(ValueError, match="`HalfSpaces` or `Capsules`, got `Odd`"):
        MuJoCo().trajectories([scene], num_steps=1)


def test_without_the_library_one_sentence_says_how_to_get_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "mujoco", None)
    with pytest.raises(ValueError, match=r"pip install 'invdesign\[mujoco\]'"):
        MuJoCo().trajectories([rope()], num_steps=1)
    with pytest.raises(ValueError, match="timestep > 0"):
        MuJoCo(timestep=0.0)
