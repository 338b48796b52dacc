"""Springs against what can be written on paper: a chain's sag, an oscillator, conservation."""

import dataclasses
import functools

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from invdesign import RESULTS, rollout
from invdesign.graphs import RadiusGraph, WorldGraph
from invdesign.reference import Springs
from invdesign.scenes import NodeKind, SpringScene

NEVER = WorldGraph(RadiusGraph(1e-6, 1.0))
springs = functools.partial(Springs, dt=0.01, num_substeps=10)
FREE, HELD, DRIVEN = (int(kind) for kind in NodeKind)


@pytest.fixture(autouse=True)
def float64():
    with jax.enable_x64(True):
        yield


def scene(rest, edges, kind, *, position=None, velocity=None, gravity=(0.0, 0.0)):
    rest = np.asarray(rest, float)
    position = rest if position is None else position
    velocity = np.zeros_like(rest) if velocity is None else velocity
    floats = (jnp.asarray(np.asarray(x, float)) for x in (rest, position, velocity))
    edges = jnp.asarray(np.reshape(edges, (-1, 2)), jnp.int32)
    return SpringScene(*floats, edges, jnp.asarray(kind, jnp.int32), jnp.asarray(gravity, float))


@eqx.filter_jit
def roll(solver, start, num_steps):
    return rollout(solver, start, num_steps=num_steps, throw=False)


def sheet(seed=0):
    """Four by three nodes in squares with both diagonals, jostled."""
    index = np.arange(12).reshape(4, 3)
    rest = 0.05 * np.stack(np.divmod(np.arange(12), 3), axis=1)
    pairs = [
        *zip(index[:-1].ravel(), index[1:].ravel(), strict=True),
        *zip(index[:, :-1].ravel(), index[:, 1:].ravel(), strict=True),
        *zip(index[:-1, :-1].ravel(), index[1:, 1:].ravel(), strict=True),
        *zip(index[:-1, 1:].ravel(), index[1:, :-1].ravel(), strict=True),
    ]
    rng = np.random.default_rng(seed)
    moved = rest + 0.005 * rng.uniform(-1, 1, rest.shape)
    return scene(rest, pairs, [FREE] * 12, position=moved, velocity=rng.uniform(-1, 1, rest.shape))


def test_a_hanging_chain_is_stretched_by_what_hangs_below():
    number, stiffness = 6, 2e4
    rest = np.stack([np.zeros(number), -0.05 * np.arange(number)], axis=1)
    edges = [(i, i + 1) for i in range(number - 1)]
    start = scene(rest, edges, [HELD] + [FREE] * (number - 1), gravity=(0.0, -9.81))
    solver = springs(stiffness=stiffness, damping=60.0, drag=8.0, contact=NEVER)
    final = roll(solver, start, 400).final.position
    lengths = -np.diff(np.asarray(final)[:, 1])
    below = np.arange(number - 1, 0, -1)
    np.testing.assert_allclose(lengths, 0.05 + below * 9.81 / stiffness, rtol=1e-6)
    np.testing.assert_array_equal(final[0], rest[0])


def test_a_node_on_a_spring_is_the_damped_oscillator():
    stiffness, damping, drag = 400.0, 3.0, 1.0
    start = scene(
        [[0.0, 0.0], [1.0, 0.0]], [(0, 1)], [HELD, FREE], position=[[0.0, 0.0], [1.1, 0.0]]
    )
    solver = springs(
        num_substeps=100, stiffness=stiffness, damping=damping, drag=drag, contact=NEVER
    )
    found = roll(solver, start, 60).frames.position[:, 1, 0]
    time, rate = 0.01 * np.arange(1, 61), 0.5 * (damping + drag)
    omega = np.sqrt(stiffness - rate**2)
    swing = np.cos(omega * time) + rate / omega * np.sin(omega * time)
    np.testing.assert_allclose(found, 1 + 0.1 * np.exp(-rate * time) * swing, atol=1e-4)


def energy(solver, start, frames):
    length = jnp.linalg.norm(start.rest[start.edges[:, 0]] - start.rest[start.edges[:, 1]], axis=1)
    ends = frames.position[:, start.edges]
    stretch = jnp.linalg.norm(ends[:, :, 0] - ends[:, :, 1], axis=-1) - length[None]
    elastic = 0.5 * solver.stiffness * jnp.sum(stretch**2, axis=1)
    return np.asarray(elastic + 0.5 * jnp.sum(frames.velocity**2, axis=(1, 2)))


def test_energy_stays_or_is_lost_to_damping():
    start = sheet()
    exact = springs(num_substeps=100, damping=0.0, drag=0.0, contact=NEVER)
    kept = energy(exact, start, roll(exact, start, 30).frames)
    assert np.ptp(kept) < 0.03 * kept.mean()
    damped = dataclasses.replace(exact, damping=20.0)
    lost = energy(damped, start, roll(damped, start, 30).frames)
    assert (np.diff(lost) < 0).all() and lost[-1] < 0.6 * lost[0]


def test_what_touches_is_pushed_apart_by_as_much_as_it_is_too_near():
    place = np.asarray([[0.0, 0.0], [0.018, 0.024], [0.9, 0.9]])  # 0.03 apart, and one alone
    solver = springs(contact_stiffness=4e4, contact=WorldGraph(RadiusGraph(0.04, 6.0)))
    context, state = solver.init(scene(place, [], [FREE] * 3))
    found, code = solver.acceleration(context, state)
    push = 4e4 * 0.01 * np.asarray([0.6, 0.8])
    assert int(code) == 0
    np.testing.assert_allclose(found, [-push, push, [0, 0]], atol=1e-8)


def test_momentum_and_angular_momentum_are_kept_through_contact():
    one = sheet()
    # The same sheet again, on a course that meets the first.
    number, shift = len(one.rest), jnp.asarray([0.2, 0.02])
    two = SpringScene(
        rest=jnp.concatenate([one.rest, one.rest]),
        position=jnp.concatenate([one.position, one.position + shift[None]]),
        velocity=jnp.concatenate([one.velocity, one.velocity - jnp.asarray([[3.0, 0.0]])]),
        edges=jnp.concatenate([one.edges, one.edges + number]),
        kind=jnp.concatenate([one.kind, one.kind]),
        gravity=one.gravity,
    )
    solver = springs(drag=0.0)
    trajectory = roll(solver, two, 12)
    frames = trajectory.frames
    assert int(trajectory.result) == 0
    before, after = two.velocity[number:].mean(axis=0), frames.velocity[-1, number:].mean(axis=0)
    assert float(after[0] - before[0]) > 0.5  # it was stopped by the first
    total = frames.velocity.sum(axis=1)
    np.testing.assert_allclose(total, np.broadcast_to(two.velocity.sum(axis=0), total.shape))
    before = _spin(two.position, two.velocity)
    np.testing.assert_allclose(_spin(frames.position, frames.velocity), before, atol=1e-10)


def _spin(position, velocity):
    """The sum over the nodes of x v_y - y v_x, per unit of mass."""
    return np.sum(position[..., 0] * velocity[..., 1] - position[..., 1] * velocity[..., 0], -1)


def test_held_nodes_stay_and_driven_ones_keep_their_velocity():
    start = sheet()
    kind = jnp.asarray([HELD, DRIVEN] + [FREE] * 10, jnp.int32)
    start = dataclasses.replace(start, kind=kind)
    frames = roll(springs(), start, 5).frames
    np.testing.assert_array_equal(frames.position[:, 0], np.stack([start.position[0]] * 5))
    place, speed = (np.asarray(x[1]) for x in (start.position, start.velocity))
    line = place + 0.01 * np.arange(1, 6)[:, None] * speed
    np.testing.assert_allclose(frames.position[:, 1], line, atol=1e-12)


def test_its_gradient_is_that_of_finite_differences():
    start = sheet()

    @jax.jit
    def value(push):
        moved = dataclasses.replace(start, velocity=start.velocity + push[None])
        frames = rollout(springs(), moved, num_steps=4, throw=False).frames
        return jnp.sum(frames.position[-1] ** 2)

    push = jnp.asarray([0.3, -0.2])
    slope, step = jax.grad(value)(push), 1e-5
    for axis in range(2):
        by = step * jnp.eye(2)[axis]
        found = (value(push + by) - value(push - by)) / (2 * step)
        np.testing.assert_allclose(slope[axis], found, rtol=1e-6)


def test_too_little_room_for_contacts_is_said_and_grown():
    start = dataclasses.replace(sheet(), edges=jnp.zeros((0, 2), jnp.int32))
    small = springs(contact=WorldGraph(RadiusGraph(0.08, 0.5)))
    assert int(roll(small, start, 1).result) == RESULTS.capacity_exceeded
    assert int(roll(small.grow(32.0), start, 1).result) == 0


def test_wrong_sizes_are_refused():
    with pytest.raises(ValueError, match="stiffness > 0, got 0"):
        springs(stiffness=0.0)
    with pytest.raises(ValueError, match="damping >= 0, got -1"):
        springs(damping=-1.0)
