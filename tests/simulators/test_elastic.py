"""What the simulator of moving meshes promises whatever its weights are; here they are random."""

import dataclasses

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from invdesign import RESULTS, DirectAdjoint, TruncatedAdjoint, rollout
from invdesign.families.elastic._strips import RandomStrips
from invdesign.graphs import RadiusGraph, WorldGraph
from invdesign.scenes import NodeKind, SpringScene, elastic_scene
from invdesign.simulators import SpringNetwork, SpringSimulator
from invdesign.simulators.mesh._springs_features import SpringStatistics, num_features

STRIPS = RandomStrips(num_along=4, num_across=2, num_rim=5, radius=0.05, gap=(0.03, 0.03))
STEPS = 3


def make_simulator(*, edges_per_node=16.0, mesh=2, dim=2, num_steps=2):
    """Random weights; accelerations of tens of metres a second squared."""
    network = SpringNetwork(
        mesh=mesh, dim=dim, latent=8, num_steps=num_steps, depth=1, key=jax.random.key(0)
    )
    edges = num_features(mesh, dim)[1]
    statistics = SpringStatistics(
        velocity=jnp.stack([jnp.zeros(dim), jnp.ones(dim)]),
        edges=jnp.stack([jnp.zeros(edges), jnp.full(edges, 0.05)]),
        acceleration=jnp.stack([jnp.ones(dim), jnp.full(dim, 100.0)]),
    )
    world = WorldGraph(RadiusGraph(0.08, edges_per_node))
    return SpringSimulator(network, statistics, world, dt=0.01)


def scene(seed=0):
    """A strip held at its left end over a disk that it is about to touch."""
    start = elastic_scene(STRIPS.sample(np.random.default_rng(seed)))
    kind = np.asarray(start.kind)
    kind = np.where(kind == NodeKind.DRIVEN, kind, NodeKind.FREE)
    kind[:2] = NodeKind.HELD
    velocity = np.random.default_rng(seed).uniform(-0.5, 0.5, (*kind.shape, 2))
    velocity[8:] = [0.1, 0.3]
    stiffness = np.random.default_rng(seed).uniform(0.5, 4.0, len(start.edges))
    as_float = {n: jnp.asarray(getattr(start, n), float) for n in ("rest", "position", "gravity")}
    return dataclasses.replace(
        start,
        kind=jnp.asarray(kind, jnp.int32),
        velocity=jnp.asarray(velocity),
        stiffness=jnp.asarray(stiffness),
        **as_float,
    )


@eqx.filter_jit
def roll(simulator, start, num_steps=STEPS):
    return rollout(simulator, start, num_steps=num_steps, throw=False)


@pytest.fixture(autouse=True)
def float64():
    with jax.enable_x64(True):
        yield


def assert_moves_alike(ours, theirs, tolerance=1e-10):
    assert int(ours.result) == int(theirs.result) == 0
    for a, b in zip(jax.tree.leaves(ours.frames), jax.tree.leaves(theirs.frames), strict=True):
        np.testing.assert_allclose(a, b, atol=tolerance)


def test_held_nodes_stay_driven_ones_follow_and_free_ones_are_pulled():
    start = scene()
    frames = roll(make_simulator(), start).frames
    time = 0.01 * np.arange(1, STEPS + 1)[:, None, None]
    line = np.asarray(start.position) + time * np.asarray(start.velocity)
    np.testing.assert_array_equal(frames.position[:, :2], np.stack([start.position[:2]] * STEPS))
    np.testing.assert_array_equal(frames.velocity[:, :2], np.zeros((STEPS, 2, 2)))
    np.testing.assert_allclose(frames.position[:, 8:], line[:, 8:], atol=1e-15)
    flight = line[0] + 1e-4 * np.asarray(start.gravity)
    pulled = np.abs(np.asarray(frames.position)[0] - flight)[2:8]
    assert 1e-4 < pulled.mean() < 1e-1  # else nothing here would mean anything
    moved = np.diff(np.concatenate([start.position[None], frames.position]), axis=0) / 0.01
    np.testing.assert_allclose(moved[:, 2:], frames.velocity[:, 2:], atol=1e-12)


def test_only_edges_of_the_world_tell_of_the_disk():
    start, simulator = scene(), make_simulator()
    away = dataclasses.replace(start, position=start.position.at[8:].add(jnp.asarray([[0.0, -9]])))
    blind = eqx.tree_at(
        lambda s: s.world,
        simulator,
        WorldGraph(RadiusGraph(1e-6, 1.0)),
        is_leaf=lambda x: isinstance(x, WorldGraph),
    )
    near, far = (roll(simulator, s, 1).frames.velocity[:, :8] for s in (start, away))
    assert float(jnp.abs(near - far).max()) > 1e-3
    np.testing.assert_allclose(roll(blind, start, 1).frames.velocity[:, :8], far, atol=1e-12)


def test_translation():
    start, by = scene(), jnp.asarray([[3.0, -17.0]])
    ours = roll(make_simulator(), dataclasses.replace(start, position=start.position + by))
    back = dataclasses.replace(ours.frames, position=ours.frames.position - by[None])
    frames = dataclasses.replace(ours, frames=back)
    assert_moves_alike(frames, roll(make_simulator(), start))
    at_rest = dataclasses.replace(start, rest=start.rest + by)
    assert_moves_alike(roll(make_simulator(), at_rest), roll(make_simulator(), start))


def test_nodes_and_edges_may_be_numbered_otherwise():
    start = scene()
    order = np.random.default_rng(1).permutation(len(start.kind))
    rank = jnp.asarray(np.argsort(order), jnp.int32)
    mixed = dataclasses.replace(
        start,
        **{n: getattr(start, n)[order] for n in ("rest", "position", "velocity", "kind")},
        edges=rank[start.edges][::-1, ::-1],
        stiffness=start.stiffness[::-1],
    )
    ours = roll(make_simulator(), mixed)
    frames = jax.tree.map(lambda x: x[:, rank], ours.frames)
    assert_moves_alike(dataclasses.replace(ours, frames=frames), roll(make_simulator(), start))


def test_filling_up_a_mesh_changes_nothing():
    start = scene()
    far = jnp.asarray([[50.0, 50.0], [60.0, 60.0]])
    last = jnp.full((3, 2), len(start.kind) + 1, jnp.int32)
    filled = SpringScene(
        rest=jnp.concatenate([start.rest, far]),
        position=jnp.concatenate([start.position, far]),
        velocity=jnp.concatenate([start.velocity, 0 * far]),
        edges=jnp.concatenate([last, start.edges]),
        kind=jnp.concatenate([start.kind, jnp.full(2, NodeKind.HELD, jnp.int32)]),
        gravity=start.gravity,
        stiffness=jnp.concatenate([jnp.ones(3), start.stiffness]),
    )
    ours = roll(make_simulator(edges_per_node=40.0), filled)  # nor do more slots
    frames = jax.tree.map(lambda x: x[:, :-2], ours.frames)
    assert_moves_alike(dataclasses.replace(ours, frames=frames), roll(make_simulator(), start))


def test_too_little_room_is_said_and_grown():
    small, start = make_simulator(edges_per_node=0.5), scene()
    assert int(roll(small, start).result) == RESULTS.capacity_exceeded
    grown = small.grow(32.0)
    assert isinstance(grown, SpringSimulator)
    assert_moves_alike(roll(grown, start), roll(make_simulator(), start))


def test_compiled_or_not_and_batched_or_not_it_is_the_same():
    simulator, starts = make_simulator(num_steps=1), [scene(seed) for seed in range(2)]
    batch = jax.tree.map(lambda *x: jnp.stack(x), *starts)
    together = jax.jit(jax.vmap(lambda s: rollout(simulator, s, num_steps=2, throw=False)))(batch)
    for member, start in enumerate(starts):
        own = jax.tree.map(lambda x, i=member: x[i], together)
        assert_moves_alike(own, roll(simulator, start, 2))
    plainly, code = simulator.step(*simulator.init(starts[0]))
    first = roll(simulator, starts[0], 2).frames
    assert int(code) == 0
    np.testing.assert_allclose(plainly.position, first.position[0], atol=1e-12)


@eqx.filter_jit
def lift(simulator, start, push, adjoint):
    """Where a strip ends, by where its disk starts and how it is driven."""
    disk = (start.kind == NodeKind.DRIVEN)[:, None]
    moved = dataclasses.replace(
        start,
        position=start.position + jnp.where(disk, push[None, :2], 0.0),
        velocity=start.velocity + jnp.where(disk, push[None, 2:], 0.0),
    )
    frames = rollout(simulator, moved, num_steps=STEPS, adjoint=adjoint, throw=False).frames
    return 1e3 * jnp.sum(frames.position[-1, 2:8] ** 2)


def test_gradients_are_those_of_finite_differences():
    simulator, start = make_simulator(num_steps=1), scene()
    push = jnp.asarray([0.001, 0.002, 0.1, -0.1])
    step, value = 1e-6, lambda p: lift(simulator, start, p, DirectAdjoint())
    sides = [[value(push + s * step * jnp.eye(4)[i]) for s in (1, -1)] for i in range(4)]
    found = np.array([(a - b) / (2 * step) for a, b in sides])
    assert np.abs(found).max() > 1e-2
    slope = jax.grad(value)(push)
    np.testing.assert_allclose(slope, found, rtol=1e-4, atol=1e-5 * np.abs(found).max())
    # The design acts through the context: a cut through time does not cut it off.
    cut = jax.grad(lambda p: lift(simulator, start, p, TruncatedAdjoint(window=1)))(push)
    assert float(jnp.abs(cut).min()) > 0


def test_a_sheet_in_space_has_two_coordinates_of_its_own():
    flat = scene()
    deep = {n: jnp.pad(getattr(flat, n), ((0, 0), (0, 1))) for n in ("position", "velocity")}
    start = dataclasses.replace(flat, gravity=jnp.asarray([0.0, 0.0, -9.81]), **deep)
    trajectory = roll(make_simulator(dim=3), start, 1)
    assert int(trajectory.result) == 0
    assert float(jnp.abs(trajectory.frames.position[0, 2:8, 2]).min()) > 0
