"""The cross-entropy method against its formula in NumPy."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from invdesign.optimizers import CEM

KEY = jax.random.key(3)


def test_update_is_the_formula(evaluation_of):
    optimizer = CEM(population=10, num_elites=3, initial_std=0.4, smoothing=0.25, min_std=1e-3)
    state = optimizer.init(jnp.asarray([1.0, -1.0]), key=KEY)
    latents = optimizer.ask(state, key=KEY)
    value = np.sin(7.0 * np.arange(10))
    state = optimizer.tell(state, latents, evaluation_of(value))
    elites = np.asarray(latents)[np.argsort(value)[:3]]
    mean = 0.25 * np.asarray([1.0, -1.0]) + 0.75 * elites.mean(0)
    np.testing.assert_allclose(state.mean, mean, rtol=1e-5)
    np.testing.assert_allclose(state.std, 0.25 * 0.4 + 0.75 * elites.std(0), rtol=1e-5)


def test_samples_have_the_mean_and_deviation_of_the_state():
    optimizer = CEM(population=20_000, num_elites=10, initial_std=0.5)
    state = optimizer.init(jnp.asarray([2.0, 0.0]), key=KEY)
    latents = optimizer.ask(state, key=KEY)
    np.testing.assert_allclose(latents.mean(0), [2.0, 0.0], atol=0.02)
    np.testing.assert_allclose(latents.std(0), [0.5, 0.5], atol=0.01)


def test_failed_candidates_are_never_elites(evaluation_of):
    optimizer = CEM(population=6, num_elites=4, smoothing=0.0)
    state = optimizer.init(jnp.zeros(2), key=KEY)
    latents = optimizer.ask(state, key=KEY)
    value = np.asarray([np.inf, 2.0, np.nan, 1.0, np.inf, -np.inf])
    after = optimizer.tell(state, latents, evaluation_of(value))
    np.testing.assert_allclose(after.mean, np.asarray(latents)[[1, 3]].mean(0), rtol=1e-5)


def test_nothing_changes_if_all_failed(evaluation_of):
    optimizer = CEM(population=6, num_elites=4)
    state = optimizer.init(jnp.asarray([0.3, 0.1]), key=KEY)
    after = optimizer.tell(state, optimizer.ask(state, key=KEY), evaluation_of([np.inf] * 6))
    np.testing.assert_array_equal(after.mean, state.mean)
    np.testing.assert_array_equal(after.std, state.std)


def test_the_deviation_keeps_its_floor(loop):
    optimizer = CEM(population=20, num_elites=4, min_std=0.05)
    _, _, state = loop(optimizer, lambda z: (z**2).sum(), jnp.zeros(2), 30)
    np.testing.assert_allclose(state.std, 0.05, rtol=0.3)
    assert (state.std >= jnp.asarray(0.05)).all()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"population": 4, "num_elites": 8}, "0 < num_elites <= population, got 8 and 4."),
        ({"num_elites": 0}, "0 < num_elites <= population, got 0 and 40."),
        ({"initial_std": 0.0}, "initial_std > 0, got 0"),
        ({"min_std": 2.0}, "got 2 and 0.5"),
        ({"smoothing": 1.0}, "0 <= smoothing < 1, got 1"),
    ],
)
def test_bad_arguments(arguments, message):
    with pytest.raises(ValueError, match=message):
        CEM(**arguments)
