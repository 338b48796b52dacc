"""Packed batches: the same physics as a rollout sees, real edges only."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from invdesign.simulators.particle import ParticleState
from invdesign.training import load_water, water_scene
from invdesign.training._batches import Sampler
from invdesign.training._loss import one_step_loss
from invdesign.training._model import build_network, make_simulator, scales


@pytest.fixture(scope="module")
def setup(data, config):
    arrays, described = load_water(data)
    sampler = Sampler(arrays, described, config.model, noise=0.0, graphs_per_batch=2, seed=0)
    network = build_network(config.model, key=jax.random.key(1))
    return arrays, described, sampler, network


def test_history_before_the_start_is_ballistic(setup):
    arrays, described, sampler, _ = setup
    start = sampler.frames[:, :3]  # two made-up frames and the first real one
    jerk = start[:, 2] - 2 * start[:, 1] + start[:, 0]
    expected = np.array(described["gravity"]) * described["dt"] ** 2
    np.testing.assert_allclose(jerk, np.broadcast_to(expected, jerk.shape), atol=3e-7)
    np.testing.assert_allclose(sampler.frames[:, 2], arrays["position"][:, 0])


def test_batches_depend_on_the_step_alone(setup):
    sampler = setup[2]
    one, two = sampler.batch(5, 0), sampler.batch(5, 0)
    jax.tree.map(np.testing.assert_array_equal, one, two)
    other = sampler.batch(6, 0).graph.nodes["history"]
    assert not np.array_equal(one.graph.nodes["history"], other)


def test_every_real_edge_and_no_other(setup, config):
    batch = setup[2].batch(0, 0)
    nodes = batch.graph.nodes
    real = nodes["real"]
    position = nodes["history"][:, -1]
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


def test_loss_is_the_simulators_own_one_step_error(setup, config):
    """The training path (packed, host-side search) against the rollout path (compiled search)."""
    arrays, described, sampler, network = setup
    statistics = scales(described)
    simulator = make_simulator(network, config.model, statistics, described["dt"]).grow(2.0)
    rng = np.random.default_rng([0, 3, 0])
    errors = []
    for _ in range(2):
        moment = sampler.moment(rng)
        history = np.moveaxis(moment.graph.nodes["history"], 1, 0)
        match = [np.abs(t - history[-1][None]).max((1, 2)).min() for t in sampler.frames]
        index = int(np.argmin(match))
        sample = {
            "position": history[-1],
            "velocity": history[-1] * 0,
            "segments": arrays["segments"][index],
        }
        context, _ = simulator.init(water_scene(sample, sampler.obstacle_radius))
        state = ParticleState(jnp.asarray(history))
        predicted, code = simulator.acceleration(context, state)
        assert int(code) == 0
        wanted = moment.graph.nodes["target"] + np.array(described["gravity"]) * 1e-4
        error = (np.asarray(predicted) - wanted) / statistics.acceleration
        errors.append((error**2).sum(-1).mean())
    loss = one_step_loss(
        network,
        sampler.batch(3, 0),
        model=config.model,
        statistics=statistics,
        gravity=(0.0, -9.81),
    )
    np.testing.assert_allclose(float(loss), np.mean(errors), rtol=1e-4)


def test_noise_moves_the_input_and_keeps_the_next_velocity(data, config):
    arrays, described = load_water(data)
    quiet, noisy = (
        Sampler(arrays, described, config.model, noise=n, graphs_per_batch=1, seed=0)
        for n in (0.0, 6e-4)
    )
    clean = quiet.moment(np.random.default_rng(7)).graph.nodes
    rough = noisy.moment(np.random.default_rng(7)).graph.nodes
    moved = rough["history"] - clean["history"]
    assert np.all(moved[:, 0] == 0) and 2e-4 < moved[:, -1].std() < 2e-3

    def next_velocity(nodes):
        return nodes["history"][:, -1] - nodes["history"][:, -2] + nodes["target"]

    np.testing.assert_allclose(next_velocity(rough), next_velocity(clean), atol=1e-6)
