"""One update: what the weights' average makes of them."""

import equinox as eqx
import jax.numpy as jnp
import numpy as np

from invdesign.training._update import initial_state, learning_rate, make_update, replicated


class Weights(eqx.Module):
    value: jnp.ndarray


def distance(network, batch):
    return jnp.sum((network.value - batch) ** 2), jnp.zeros(())


def test_the_average_follows_the_weights_ever_more_slowly(config):
    """By 1 - (1 + k) / (10 + k) of the way at update k, and never slower than the decay says."""
    decay, batch = 0.15, np.ones((1, 2), np.float32)
    update = make_update(config, distance, decay)
    state = replicated(initial_state(config, Weights(jnp.zeros(2))))
    average, weights = np.zeros(2), [np.zeros(2)]
    for k in range(config.num_steps):
        state, (loss, _) = update(state, batch)
        np.testing.assert_allclose(loss, np.sum((weights[-1] - 1) ** 2), rtol=1e-5)
        weights.append(np.asarray(state.network.value))
        average += (1 - min(decay, (1 + k) / (10 + k))) * (weights[-1] - average)
        np.testing.assert_allclose(state.average.value, average, rtol=1e-5)
    # The first step of a warm-up is none; then Adam's first steps are as long as the rate.
    rates = learning_rate(config)
    np.testing.assert_array_equal(weights[1], 0)
    np.testing.assert_allclose(weights[2], float(rates(1)), rtol=0.01)
    assert (np.diff(np.stack(weights)[1:, 0]) > 0).all()
