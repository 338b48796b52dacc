"""Packed batches: the same physics as a rollout sees, real edges only."""

import equinox as eqx
import jax
import numpy as np
import pytest

from invdesign.families.water._data import load_water, water_scene
from invdesign.families.water._random import RandomWater
from invdesign.simulators.particle._build import build_network, make_simulator
from invdesign.training.particle._batches import Sampler
from invdesign.training.particle._course import scales
from invdesign.training.particle._loss import one_step_loss


@pytest.fixture(scope="module")
def setup(data, config):
    arrays, described = load_water(data)
    sampler = Sampler(
        arrays, described, config.model, noise=0.0, position_noise=0.0, graphs_per_batch=2, seed=0
    )
    network = build_network(config.model, key=jax.random.key(1))
    return arrays, described, sampler, network


def test_the_first_moment_is_what_a_rollout_starts_from(setup):
    _, described, sampler, _ = setup
    rng = np.random.default_rng([described["seed"], 0])
    sample = RandomWater().sample(rng)
    np.testing.assert_array_equal(sampler.position[0, 0], sample["position"])
    np.testing.assert_array_equal(sampler.velocity[0, 0], sample["velocity"])
    gravity = np.array(described["gravity"])
    step = sampler.velocity[0, 1] - sampler.velocity[0, 0] - described["dt"] * gravity
    assert np.median(np.abs(step)) < 0.02  # m/s: most of the water falls freely at first


def test_batches_depend_on_the_step_alone(setup):
    sampler = setup[2]
    one, two = sampler.batch(5, 0), sampler.batch(5, 0)
    jax.tree.map(np.testing.assert_array_equal, one, two)
    other = sampler.batch(6, 0).graph.nodes["ahead"]
    assert not np.array_equal(one.graph.nodes["ahead"], other)


def test_every_real_edge_and_no_other(setup, config):
    batch = setup[2].batch(0, 0)
    nodes = batch.graph.nodes
    real = nodes["real"]
    position = nodes["ahead"]
    edges = set(zip(batch.graph.senders.tolist(), batch.graph.receivers.tolist(), strict=True))
    edges = {(s, r) for s, r in edges if real[r]}
    size = real.sum() // 2
    expected = set()
    for first in (0, size):
        part = position[first : first + size]
        distance = np.linalg.norm(part[:, None] - part[None], axis=-1)
        near = (distance < config.model.radius) & ~np.eye(size, dtype=bool)
        expected |= {(int(s) + first, int(r) + first) for r, s in np.argwhere(near)}
    assert edges == expected
    receivers = batch.graph.receivers
    assert (np.diff(receivers) >= 0).all()


@eqx.filter_jit
def one_step(simulator, scene):
    """Positions looked ahead to, the graph's code, and the predicted changes."""
    context, state = simulator.init(scene)
    ahead = simulator.look_ahead(context, state)
    graph, code = simulator.graph(context, state, ahead)
    return ahead, code, simulator.changes(graph)


def test_loss_is_the_simulators_own_one_step_error(setup, config):
    """The training path (packed, host-side search) against the rollout path (compiled search)."""
    arrays, described, sampler, network = setup
    statistics = scales(described)
    simulator = make_simulator(network, config.model, statistics, described["dt"]).grow(2.0)
    rng = np.random.default_rng([0, 3, 0])
    errors = []
    for _ in range(2):
        moment = sampler.moment(rng)
        nodes = moment.graph.nodes
        start = nodes["ahead"] - nodes["moves"][:, 1]
        match = [np.abs(t - start[None]).max((1, 2)).min() for t in sampler.position]
        index = int(np.argmin(match))
        assert match[index] < 1e-6
        sample = {
            "position": start,
            "velocity": nodes["moves"][:, 0] / described["dt"],
            "segments": arrays["segments"][index],
        }
        scene = water_scene(sample, sampler.obstacle_radius)
        ahead, code, predicted = one_step(simulator, scene)
        np.testing.assert_allclose(ahead, nodes["ahead"], atol=1e-6)  # the host sweeps alike
        assert int(code) == 0
        unit = np.array([statistics.position_change, statistics.velocity_change])
        error = (np.asarray(predicted) - nodes["target"]) / unit[None, :, None]
        errors.append((error**2).sum((1, 2)).mean())
    loss = eqx.filter_jit(one_step_loss)(
        network,
        sampler.batch(3, 0),
        model=config.model,
        statistics=statistics,
        gravity=(0.0, -9.81),
    )
    np.testing.assert_allclose(float(loss), np.mean(errors), rtol=1e-4)


def test_noise_moves_the_input_and_keeps_the_next_velocity(data, config):
    arrays, described = load_water(data)
    options = {"position_noise": 0.0, "graphs_per_batch": 1, "seed": 0}
    quiet, noisy = (
        Sampler(arrays, described, config.model, noise=n, **options) for n in (0.0, 6e-4)
    )
    clean = quiet.moment(np.random.default_rng(7)).graph.nodes
    rough = noisy.moment(np.random.default_rng(7)).graph.nodes
    assert 3e-4 < (rough["moves"][:, 0] - clean["moves"][:, 0]).std() < 1.2e-3

    def next_velocity(nodes):
        return nodes["moves"][:, 0] + nodes["target"][:, 1]

    np.testing.assert_allclose(next_velocity(rough), next_velocity(clean), atol=1e-6)


def test_targets_lead_from_any_start_to_the_true_move(data, config):
    """Noise on positions shifts where a particle starts, not how it goes on."""
    arrays, described = load_water(data)
    arrays = {**arrays, "segments": arrays["segments"] * 0 - 10.0}  # nothing to bump into
    options = {"graphs_per_batch": 1, "seed": 0}
    quiet, noisy = (
        Sampler(arrays, described, config.model, noise=1e-5, position_noise=n, **options)
        for n in (0.0, 1e-3)
    )
    clean = quiet.moment(np.random.default_rng(9)).graph.nodes
    rough = noisy.moment(np.random.default_rng(9)).graph.nodes

    def move(nodes):
        return nodes["moves"][:, 1] + nodes["target"][:, 0]

    inside = np.all(np.abs(rough["ahead"] - 0.5) < 0.49, axis=1)  # the rest is swept
    assert inside.mean() > 0.5 and np.abs(rough["ahead"] - clean["ahead"]).max() > 1e-3
    np.testing.assert_allclose(move(rough)[inside], move(clean)[inside], atol=2e-5)
