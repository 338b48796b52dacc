"""Learned particles in space: they fly, slip along a landscape, come in and land."""

import dataclasses

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from invdesign import rollout
from invdesign._contact import Contact
from invdesign.graphs import ObstacleGraph, RadiusGraph
from invdesign.scenes import Inflow, Landscape, Outflow, ParticleScene
from invdesign.simulators import ParticleNetwork, ParticleSimulator
from invdesign.simulators.particle._features import Statistics
from invdesign.simulators.particle._glide import glide, parked

GRAVITY = np.asarray([0.0, -9.81, 0.0], np.float32)
SHEET = 0.02


@pytest.fixture
def float64():
    with jax.enable_x64(True):
        yield


def simulator(*, wildness=1.0, parts=2):
    """With random weights; `wildness` scales what the network adds."""
    return ParticleSimulator(
        network=ParticleNetwork(
            latent=8, num_steps=1, depth=1, normalize=True, key=jax.random.key(0)
        ),
        statistics=Statistics(2e-3, 1e-2, 5e-4 * wildness, 1e-3 * wildness),
        connectivity=RadiusGraph(0.05, 24.0),
        obstacle_graph=ObstacleGraph(0.05, 1.0),
        dt=0.025,
        dim=3,
        parts=parts,
        slip=3,
    )


def stream(heights, *, number=12, seed=0):
    """Water that falls on a landscape, two particles a frame."""
    heights = jnp.asarray(heights)
    rng = np.random.default_rng(seed)
    place = np.array([0.5, 0.62, 0.5]) + 0.03 * rng.uniform(-1, 1, (number, 3))
    dtype = heights.dtype
    return ParticleScene(
        position=jnp.asarray(place, dtype),
        velocity=jnp.tile(jnp.asarray([[0.3, -1.0, 0.1]], dtype), (number, 1)),
        segments=jnp.zeros((0, 2, 3), dtype),
        segment_radius=jnp.zeros((0,), dtype),
        lower=jnp.asarray([-1.0, 0.0, -1.0], dtype),
        upper=jnp.asarray([2.0, 1.0, 2.0], dtype),
        gravity=jnp.asarray(GRAVITY, dtype),
        spacing=0.025,
        bodies=(Landscape(heights, (0.0, 0.0), (1.0, 1.0), SHEET),),
        inflow=Inflow(jnp.arange(number, dtype=jnp.int32) // 2),
        outflow=Outflow(jnp.zeros((), dtype)),
    )


@eqx.filter_jit
def roll(moving, scene, num_steps):
    return rollout(moving, scene, num_steps=num_steps, throw=False)


def tilted(slope):
    line = jnp.linspace(0.0, 1.0, 5)
    return 0.5 + jnp.broadcast_to(slope * (0.5 - line)[:, None], (5, 5))


def contact(heights):
    sheet = Landscape(heights, (0.0, 0.0), (1.0, 1.0), SHEET)
    return Contact(sheet, softness=0.005, margin=0.01)


@eqx.filter_jit
def glided(heights, position, velocity, dt, num):
    return glide(contact(heights), position, velocity, jnp.asarray(GRAVITY), dt=dt, num=num)


def test_flight_is_the_parabola_and_slipping_is_without_friction():
    far = jnp.asarray([[0.2, 0.8, 0.2]])
    speed = jnp.asarray([[0.5, -0.3, 0.1]])
    place, after = glided(tilted(0.0), far, speed, 0.05, 4)
    np.testing.assert_allclose(place, far + 0.05 * speed + 0.5 * 0.05**2 * GRAVITY[None], atol=1e-6)
    np.testing.assert_allclose(after, speed + 0.05 * GRAVITY[None], atol=1e-5)
    # On a plane of slope s water gains g s / sqrt(1 + s^2) along it, from wherever it rests.
    slope, lies = 0.5, jnp.asarray([[0.3, 0.5 + 0.5 * 0.2 + 1.2 * SHEET, 0.5]])
    _, after = glided(tilted(slope), lies, jnp.zeros((1, 3)), 0.1, 24)
    along = np.asarray([1.0, -slope, 0.0]) / np.hypot(1.0, slope)
    np.testing.assert_allclose(
        float(np.asarray(after[0]) @ along), 0.1 * 9.81 * slope / np.hypot(1.0, slope), rtol=0.05
    )


def test_no_path_leads_through_the_sheet_however_fast():
    rng = np.random.default_rng(0)
    heights = jnp.asarray(0.5 + 0.15 * rng.uniform(-1, 1, (5, 5)).astype(np.float32))
    place = jnp.asarray(rng.uniform([0.1, 0.75, 0.1], [0.9, 0.9, 0.9], (200, 3)), jnp.float32)
    fast = jnp.asarray(rng.normal(size=(200, 3)) * 4 - np.array([0, 8, 0]), jnp.float32)
    sheet = contact(heights).obstacles
    for _ in range(6):
        place, fast = glided(heights, place, fast, 0.0125, 3)
        inside = ((place[:, ::2] > 0) & (place[:, ::2] < 1)).all(axis=1)
        below = inside & (place[:, 1] < sheet.height(place[:, ::2]))
        assert not below.any()


def test_what_does_not_move_has_no_neighbors():
    away = np.asarray(parked(jnp.zeros((30, 3)), jnp.ones(3), 0.1))
    apart = np.linalg.norm(away[:, None] - away[None], axis=-1) + np.eye(30)
    assert apart.min() > 0.099 and away.min() > 1.0


@pytest.mark.slow
def test_water_comes_in_runs_over_the_sheet_and_lands_on_the_floor():
    start = stream(tilted(0.5))
    wild = roll(simulator(wildness=10.0), start, 40)
    passage, position = wild.frames.passage, np.asarray(wild.frames.position)
    assert int(wild.result) == 0 and np.isfinite(position).all()
    for frame in range(5):  # what waits stays
        waits = np.asarray(passage.waiting[frame])
        np.testing.assert_array_equal(waits, np.asarray(start.inflow.frame) > frame + 1)
        np.testing.assert_array_equal(position[frame][waits], np.asarray(start.position)[waits])
    flat = position[..., ::2]
    ground = np.asarray(start.bodies[0].height(jnp.asarray(flat.reshape(-1, 2))))
    inside = ((flat > 0.0) & (flat < 1.0)).all(axis=-1)
    over = position[..., 1] - ground.reshape(inside.shape)
    came_over = np.maximum.accumulate(~inside, axis=0)  # may be below the sheet from outside
    assert (over[inside & ~came_over] > 0).all()
    landed = np.asarray(passage.landed[-1])
    assert landed.any() and np.abs(position[-1, landed, 1]).max() < 1e-6
    first = np.asarray(passage.landed).argmax(axis=0)[landed]
    when = np.asarray(passage.when[-1])[landed]
    assert (when > 0.025 * first - 1e-6).all() and (when < 0.025 * (first + 1) + 1e-6).all()


@pytest.mark.slow
def test_gradients_reach_the_heights(float64):
    start = jax.tree.map(
        lambda x: x.astype(jnp.float64) if eqx.is_inexact_array(x) else x,
        stream(tilted(0.3), number=4),
    )
    moving = jax.tree.map(
        lambda x: x.astype(jnp.float64) if eqx.is_inexact_array(x) else x, simulator()
    )

    @eqx.filter_jit
    def value(heights):
        scene = eqx.tree_at(lambda s: s.bodies[0].heights, start, heights)
        frames = rollout(moving, scene, num_steps=12).frames
        return jnp.mean(frames.position[-1, :, 0] + 0.3 * frames.velocity[-1, :, 2])

    heights = start.bodies[0].heights
    grad = eqx.filter_jit(jax.grad(value))(heights)
    way = jnp.asarray(np.random.default_rng(1).normal(size=heights.shape))
    step = 1e-6
    told = float(jnp.sum(grad * way))
    found = float(value(heights + step * way) - value(heights - step * way)) / (2 * step)
    assert abs(told) > 1e-3
    np.testing.assert_allclose(told, found, rtol=1e-4)


@pytest.mark.slow
def test_two_parts_are_two_frames_of_half_the_length():
    start = stream(tilted(0.3), number=6)
    start = dataclasses.replace(start, inflow=None, outflow=None)
    halves = dataclasses.replace(simulator(parts=1), dt=0.0125)
    whole, fine = roll(simulator(), start, 6), roll(halves, start, 12)
    np.testing.assert_allclose(whole.frames.position, fine.frames.position[1::2], atol=1e-5)
