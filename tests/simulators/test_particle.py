"""What the learned simulator promises whatever its weights are; here they are random."""

import dataclasses

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from invdesign import (
    RESULTS,
    CheckpointAdjoint,
    ClippedAdjoint,
    DirectAdjoint,
    TruncatedAdjoint,
    rollout,
)
from invdesign._geometry import closest_points
from invdesign.graphs import ObstacleGraph
from invdesign.scenes import ParticleScene
from invdesign.simulators import ParticleNetwork, PlainNetwork

SPACING = 1 / 80
STEPS = 3


def cloud(rng, counts=(5, 5), center=(0.5, 0.5), jitter=0.3):
    """A jittered lattice of water around `center`."""
    axes = [(np.arange(n) - 0.5 * (n - 1)) * SPACING for n in counts]
    lattice = np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1).reshape(-1, 2)
    return np.asarray(center) + lattice + jitter * SPACING * rng.uniform(-1, 1, lattice.shape)


def scene(dtype=float, *, seed=0, tool=True, gravity=(0.0, -9.81), speed=0.5, **where):
    """Water that touches two links beneath it and, at the left, the box's wall."""
    rng = np.random.default_rng(seed)
    center = (0.045, 0.2)
    position = cloud(rng, **({"center": center} | where))
    segments = [[[0.01, 0.17], [0.06, 0.15]], [[0.06, 0.15], [0.12, 0.16]]] if tool else []
    arrays = {
        "position": position,
        "velocity": speed * rng.uniform(-1, 1, position.shape),
        "segments": np.reshape(segments, (-1, 2, 2)),
        "segment_radius": np.full(len(segments), 0.015),
        "lower": np.zeros(2),
        "upper": np.ones(2),
        "gravity": np.asarray(gravity),
    }
    return ParticleScene(**{name: jnp.asarray(value, dtype) for name, value in arrays.items()})


@eqx.filter_jit
def roll(simulator, start, num_steps=STEPS):
    return rollout(simulator, start, num_steps=num_steps, throw=False)


@pytest.fixture
def float64():
    with jax.enable_x64(True):
        yield


def plus(a, b):
    """A sum by NumPy's rules of broadcasting."""
    return jnp.asarray(np.asarray(a) + np.asarray(b))


def assert_moves_alike(ours, theirs, tolerance=1e-10):
    assert int(ours.result) == int(theirs.result) == 0
    for a, b in zip(jax.tree.leaves(ours.frames), jax.tree.leaves(theirs.frames), strict=True):
        np.testing.assert_allclose(a, b, atol=tolerance)


def test_the_network_does_something(float64, make_simulator):
    # Else nothing below would mean anything.
    start = scene()
    moved = roll(make_simulator(), start).frames.position[0] - start.position
    alone = 0.01 * start.velocity + 0.5 * 0.01**2 * start.gravity[None]
    assert 1e-4 < float(jnp.abs(moved - alone).mean()) < 1e-2


BOTH = pytest.mark.parametrize("kind", [ParticleNetwork, PlainNetwork])


@BOTH
def test_translation(float64, make_simulator, kind):
    start, by = scene(), np.array([0.3, -1.7])
    shifted = dataclasses.replace(
        start,
        **{n: plus(getattr(start, n), by) for n in ("position", "segments", "lower", "upper")},
    )
    simulator = make_simulator(kind=kind, mixing=0.5)
    ours, theirs = roll(simulator, shifted), roll(simulator, start)
    back = dataclasses.replace(ours.frames, position=plus(ours.frames.position, -by))
    assert_moves_alike(dataclasses.replace(ours, frames=back), theirs)


@pytest.mark.parametrize("turn", [[[-1, 0], [0, 1]], [[0, -1], [1, 0]]], ids=["mirror", "quarter"])
def test_reflection_and_rotation(float64, make_simulator, turn):
    start, turn = scene(), jnp.asarray(turn, float)
    corners = jnp.stack([start.lower @ turn.T, start.upper @ turn.T])
    turned = dataclasses.replace(
        start,
        **{n: getattr(start, n) @ turn.T for n in ("position", "velocity", "segments", "gravity")},
        lower=corners.min(axis=0),
        upper=corners.max(axis=0),
    )
    ours, theirs = roll(make_simulator(mixing=0.5), turned), roll(make_simulator(mixing=0.5), start)
    frames = jax.tree.map(lambda x: x @ turn, ours.frames)
    assert_moves_alike(dataclasses.replace(ours, frames=frames), theirs)


@BOTH
def test_particles_and_links_may_be_numbered_otherwise(float64, make_simulator, kind):
    start = scene()
    order = np.random.default_rng(1).permutation(len(start.position))
    mixed = dataclasses.replace(
        start,
        position=start.position[order],
        velocity=start.velocity[order],
        segments=start.segments[::-1, ::-1],
    )
    simulator = make_simulator(kind=kind, mixing=0.5)
    ours, theirs = roll(simulator, mixed), roll(simulator, start)
    frames = jax.tree.map(lambda x: x[:, np.argsort(order)], ours.frames)
    assert_moves_alike(dataclasses.replace(ours, frames=frames), theirs)


def test_pair_forces_conserve_momentum(float64, make_simulator):
    start = scene(tool=False, gravity=(0.0, 0.0), center=(0.5, 0.5))
    frames = roll(make_simulator(mixing=0.5), start, 5).frames
    mean = np.asarray(start.velocity).mean(axis=0)
    assert float(jnp.abs(frames.velocity[-1] - start.velocity).max()) > 1e-2
    np.testing.assert_allclose(frames.velocity.mean(axis=1), np.stack([mean] * 5), atol=1e-12)
    flight = np.asarray(start.position).mean(axis=0) + 0.01 * np.arange(1, 6)[:, None] * mean
    np.testing.assert_allclose(frames.position.mean(axis=1), flight, atol=1e-12)


def test_the_plain_network_keeps_no_symmetry(float64, make_simulator):
    """What the other one is compared with: a mirrored scene moves otherwise, momentum is made."""
    start = scene(tool=False, gravity=(0.0, 0.0), center=(0.5, 0.5))
    mirror = np.array([-1.0, 1.0])
    mirrored = dataclasses.replace(
        start,
        position=plus(np.asarray(start.position) * mirror, [1.0, 0.0]),
        velocity=jnp.asarray(np.asarray(start.velocity) * mirror),
    )
    simulator = make_simulator(kind=PlainNetwork)
    ours, theirs = roll(simulator, start).frames, roll(simulator, mirrored).frames
    assert np.abs(np.asarray(ours.velocity) * mirror - np.asarray(theirs.velocity)).max() > 1e-3
    mean = np.asarray(start.velocity).mean(axis=0)
    assert np.abs(np.asarray(ours.velocity)[-1].mean(axis=0) - mean).max() > 1e-3


def test_a_common_velocity_changes_nothing_far_from_obstacles(float64, make_simulator):
    start = scene(tool=False, center=(0.5, 0.5))
    wind = np.array([0.7, -0.4])
    ours = roll(
        make_simulator(mixing=0.5), dataclasses.replace(start, velocity=plus(start.velocity, wind))
    )
    drift = 0.01 * np.arange(1, 1 + STEPS)[:, None, None] * wind
    frames = dataclasses.replace(
        ours.frames,
        position=plus(ours.frames.position, -drift),
        velocity=plus(ours.frames.velocity, -wind),
    )
    assert_moves_alike(
        dataclasses.replace(ours, frames=frames), roll(make_simulator(mixing=0.5), start)
    )


def test_flight_far_from_everything_is_the_parabola(float64, make_simulator):
    start = scene(tool=False)
    apart = np.stack(np.meshgrid(*2 * [0.3 + 0.1 * np.arange(5)]), axis=-1).reshape(-1, 2)
    apart = jnp.asarray(apart)
    start = dataclasses.replace(start, position=apart)
    frames = roll(make_simulator(wildness=100.0), start, 8).frames
    time = 0.01 * np.arange(1, 9)[:, None, None]
    position, velocity, gravity = (np.asarray(x) for x in (apart, start.velocity, start.gravity))
    flight = position + time * velocity + 0.5 * time**2 * gravity
    np.testing.assert_allclose(frames.position, flight, atol=1e-12)
    np.testing.assert_allclose(frames.velocity, velocity + time * gravity, atol=1e-12)


VALLEY = [[[0.08, 0.16], [0.15, 0.12]], [[0.15, 0.12], [0.22, 0.16]]]


@pytest.mark.parametrize("num_links", [1, 2])
def test_nothing_leaves_the_box_or_enters_a_link_however_wild(make_simulator, num_links):
    start = scene(jnp.float32, tool=False, speed=5.0, counts=(6, 6), center=(0.15, 0.2))
    start = dataclasses.replace(
        start,
        upper=jnp.asarray([0.3, 0.3], jnp.float32),
        segments=jnp.asarray(VALLEY[:num_links], jnp.float32),
        segment_radius=jnp.full((num_links,), 0.015, jnp.float32),
    )
    trajectory = roll(make_simulator(wildness=100.0, edges_per_node=35.0), start, 25)
    assert int(trajectory.result) == 0
    frames = np.asarray(trajectory.frames.position)
    moved = np.linalg.norm(np.diff(frames, axis=0), axis=-1)
    assert np.median(moved) > 0.02  # wild indeed: more than a link's radius a frame
    assert frames.min() > 0 and frames.max() < 0.3
    _, distance = closest_points(jnp.asarray(frames.reshape(-1, 2)), start.segments)
    gap = np.asarray(distance) - 0.015
    assert np.mean(gap < 1e-4) > 0.01  # many were stopped by a link
    # In the corner of two links a particle that leaves one may dip into the other.
    assert gap.min() > (-1e-6 if num_links == 1 else -0.5 * 0.015)


def test_single_and_double_precision_agree(make_simulator):
    simulator = make_simulator()
    single = roll(simulator, scene(jnp.float32))
    assert {x.dtype.name for x in jax.tree.leaves(single.frames)} == {"float32"}
    with jax.enable_x64(True):
        network = jax.tree.map(lambda x: x.astype(float), simulator.network)
        double = roll(eqx.tree_at(lambda s: s.network, simulator, network), scene())
        assert {x.dtype.name for x in jax.tree.leaves(double.frames)} == {"float64"}
    np.testing.assert_allclose(single.frames.position, double.frames.position, atol=1e-5)


def test_a_batch_of_scenes_is_each_of_them(float64, make_simulator):
    starts = [scene(seed=seed) for seed in range(3)]
    simulator = make_simulator()
    batch = jax.tree.map(lambda *x: jnp.stack(x), *starts)
    together = jax.jit(jax.vmap(lambda s: rollout(simulator, s, num_steps=STEPS, throw=False)))(
        batch
    )
    for member, start in enumerate(starts):
        assert_moves_alike(jax.tree.map(lambda x, i=member: x[i], together), roll(simulator, start))


def test_too_little_room_for_obstacle_edges_is_said_and_grown(make_simulator):
    enough = make_simulator()
    graph = {"where": lambda s: s.obstacle_graph, "is_leaf": lambda x: type(x) is ObstacleGraph}
    small = eqx.tree_at(pytree=enough, replace=ObstacleGraph(0.04, 0.5), **graph)
    start = scene(jnp.float32)
    assert int(roll(small, start).result) == RESULTS.capacity_exceeded
    assert_moves_alike(roll(small.grow(8.0), start), roll(enough, start), 1e-4)


def test_scenes_in_space_are_refused(make_simulator):
    flat = scene(jnp.float32)
    deep = {
        name: jnp.concatenate([x, jnp.zeros_like(x[..., :1])], axis=-1)
        for name, x in vars(flat).items()
        if name not in ("segment_radius", "spacing", "bodies", "inflow", "outflow")
    }
    with pytest.raises(ValueError, match="2 dimensions, got 3"):
        make_simulator().init(dataclasses.replace(flat, **deep))


def test_thin_walls_slow_no_water_that_they_do_not_touch(make_simulator):
    still = make_simulator(wildness=1e-6)  # a network that adds next to nothing
    start = scene(jnp.float32, tool=False, speed=1.0, center=(0.3, 0.6), jitter=0.0)
    walls = [[[0.9, 0.05], [0.95, 0.05]], [[0.36, 0.2], [0.36, 0.9]]]
    ways = []
    for radius in (1e-4, 0.015):
        thin = dataclasses.replace(
            start,
            segments=jnp.asarray(walls, jnp.float32),
            segment_radius=jnp.full((2,), radius, jnp.float32),
        )
        ways.append(np.asarray(roll(still, thin, 10).frames.position))
    flight = start.position + 0.1 * start.velocity + jnp.asarray([[0.0, -0.5 * 9.81 * 0.01]])
    for way in ways:
        left = np.asarray(flight)[:, 0] < 0.36 - 0.015
        np.testing.assert_allclose(way[-1][left], flight[left], atol=1e-4)


def plainly(simulator, start, num_steps):
    """Positions after a rollout of which everything is kept for the way back."""
    context, state = simulator.init(start)
    length = num_steps * simulator.parts
    state, _ = jax.lax.scan(lambda s, _: simulator._part(context, s), state, None, length=length)
    return state.position


def by_velocity(positions, start):
    """The compiled value of positions, with its gradient, over the velocities at the start."""
    weights = jnp.asarray(np.random.default_rng(5).normal(size=start.position.shape))

    def value(velocity):
        return jnp.sum(weights * positions(dataclasses.replace(start, velocity=velocity)))

    return jax.jit(jax.value_and_grad(value)).lower(start.velocity).compile()


def by_rollout(simulator, start, adjoint):
    def last(start):
        found = rollout(simulator, start, num_steps=2, adjoint=adjoint, throw=False)
        return found.frames.position[-1]

    return by_velocity(last, start)


def crowd():
    """A few particles in the open."""
    return scene(tool=False, center=(0.5, 0.5), counts=(3, 3))


def test_parts_that_are_computed_again_have_the_same_gradient(float64, make_simulator):
    start, moving = crowd(), dataclasses.replace(make_simulator(mixing=0.3), parts=2)
    plain = by_velocity(lambda s: plainly(moving, s, 2), start)
    told, gradient = plain(start.velocity)
    assert float(jnp.abs(gradient).max()) > 1e-3
    way = jnp.asarray(np.random.default_rng(6).normal(size=start.velocity.shape))
    up, down = (plain(start.velocity + s * 1e-5 * way)[0] for s in (1, -1))
    np.testing.assert_allclose(jnp.sum(gradient * way), (up - down) / 2e-5, rtol=1e-5)
    value, again = by_rollout(moving, start, CheckpointAdjoint(segment=1))(start.velocity)
    np.testing.assert_allclose(value, told, rtol=1e-12)
    np.testing.assert_allclose(again, gradient, rtol=1e-10, atol=1e-14)


@pytest.mark.slow
def test_parts_have_the_same_gradient_by_every_adjoint_in_the_memory_of_one(
    float64, make_simulator
):
    start, moving = crowd(), dataclasses.replace(make_simulator(mixing=0.3), parts=2)
    told = by_velocity(lambda s: plainly(moving, s, 2), start)(start.velocity)
    adjoints = (DirectAdjoint(), CheckpointAdjoint(segment=2), ClippedAdjoint(1e6))
    for adjoint in (*adjoints, TruncatedAdjoint(2)):
        found = by_rollout(moving, start, adjoint)(start.velocity)
        for ours, theirs in zip(found, told, strict=True):
            np.testing.assert_allclose(ours, theirs, rtol=1e-10, atol=1e-14)

    def temporary(parts):
        simulator = dataclasses.replace(moving, parts=parts)
        program = by_rollout(simulator, scene(), CheckpointAdjoint(segment=1))
        return program.memory_analysis().temp_size_in_bytes

    assert temporary(6) < 1.3 * temporary(1)
