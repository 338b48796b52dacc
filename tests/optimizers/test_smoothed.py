"""Descent of an average over a Gaussian, one gradient at a time."""

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from invdesign.optimizers import Adam, CosineDecay, Optax, Smoothed


def rippled(latent):
    """A bowl around 1 with ripples of 0.2, each of them a place to get caught in."""
    away = latent - 1.0
    return jnp.sum(away**2 + 0.1 * (1 - jnp.cos(2 * jnp.pi * away / 0.2)))


def test_no_noise_changes_nothing(loop):
    plain, *_ = loop(Adam(0.05), rippled, jnp.zeros(3), 12)
    asked, *_ = loop(Smoothed(Adam(0.05), 0.0), rippled, jnp.zeros(3), 12)
    np.testing.assert_array_equal(asked, plain)


def test_gradients_are_those_of_the_average():
    """A wave of wave number k, averaged, is weaker by exp(-(k std)^2 / 2)."""
    wave_number, std, here = 3.0, 0.4, 0.2
    optimizer = Smoothed(Optax(optax.sgd(0.1)), std)
    state = optimizer.init(jnp.full(1, here), key=jax.random.key(0))
    keys = jax.random.split(jax.random.key(1), 4000)
    asked = np.concatenate([optimizer.ask(state, key=key)[0] for key in keys])
    assert np.std(asked) == pytest.approx(std, rel=0.05)
    slopes = wave_number * np.cos(wave_number * asked)
    exact = wave_number * np.cos(wave_number * here) * np.exp(-((wave_number * std) ** 2) / 2)
    assert slopes.mean() == pytest.approx(exact, abs=4 * slopes.std() / np.sqrt(len(keys)))


def test_ripples_do_not_hold_it(loop):
    _, caught, _ = loop(Adam(0.03), rippled, jnp.zeros(3), 100)
    assert float(caught[0, 0]) == pytest.approx(3.0, abs=1e-3) and float(caught.min()) > 2.5
    smoothed = Smoothed(Adam(0.03), CosineDecay(0.2, 0.0, 100))
    for seed in range(3):
        _, values, _ = loop(smoothed, rippled, jnp.zeros(3), 100, key=jax.random.key(seed))
        assert float(values.min()) < 0.3


def test_a_failure_goes_back_to_the_best_point_evaluated(evaluation_of):
    optimizer = Smoothed(Optax(optax.sgd(0.1)), 0.3)
    state = optimizer.init(jnp.zeros(2), key=jax.random.key(0))
    first = optimizer.ask(state, key=jax.random.key(1))
    state = optimizer.tell(state, first, evaluation_of([1.0], [[1.0, 0.0]]))
    np.testing.assert_allclose(state.inner.latent, [-0.1, 0.0], atol=1e-7)
    second = optimizer.ask(state, key=jax.random.key(2))
    failed = optimizer.tell(state, second, evaluation_of([np.inf], [[0.0, 0.0]]))
    np.testing.assert_allclose(failed.inner.latent, first[0] - jnp.asarray([0.05, 0.0]), rtol=1e-5)


def test_the_width_is_not_negative():
    with pytest.raises(ValueError, match="std >= 0"):
        Smoothed(Adam(), -0.1)
