"""CMA-ES with the best point, moved along its gradient, among its candidates."""

import dataclasses

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from invdesign._evaluation import Slope
from invdesign.optimizers import CMAES, Injected

KEY = jax.random.key(2)
SIZE = 9
PLAIN = CMAES(8, initial_std=0.2)
INJECTED = Injected(PLAIN, moved=3, reach=0.6)
BEST = 0.05 * jnp.arange(float(SIZE))
GRAD = jnp.arange(1.0, SIZE + 1.0)


def guided_state(evaluation_of, grad=GRAD, *, optimizer=INJECTED, latent=BEST):
    """After one population, told of a gradient or of none."""
    state = optimizer.init(jnp.zeros(SIZE), key=KEY)
    evaluation = evaluation_of(jnp.arange(8.0))
    if grad is not None:
        evaluation = dataclasses.replace(evaluation, slope=Slope(latent, grad))
    return optimizer.tell(state, optimizer.ask(state, key=KEY), evaluation)


@pytest.mark.parametrize("size", [1e-30, 1.0, 1e30], ids=["tiny", "one", "huge"])
def test_the_best_is_moved_against_its_gradient(evaluation_of, size):
    """One length of each part of the reach, whatever the gradient's."""
    state = guided_state(evaluation_of, size * GRAD)
    asked = np.asarray(INJECTED.ask(state, key=KEY))
    drawn = np.asarray(PLAIN.ask(state.inner, key=KEY))
    np.testing.assert_array_equal(asked[:5], drawn[:5])
    ways = asked[5:] - np.asarray(BEST)
    lengths = np.linalg.norm(ways, axis=1)
    downhill = -np.asarray(GRAD) / np.linalg.norm(GRAD)
    np.testing.assert_allclose(ways, lengths[:, None] * downhill, atol=1e-6)
    parts = 3 * lengths / (0.6 * state.inner.memory["_sigma"] * np.sqrt(SIZE))
    np.testing.assert_array_equal(np.floor(parts), [0, 1, 2])


@pytest.mark.parametrize("bad", [None, 0.0, jnp.nan, jnp.inf], ids=["none", "0", "nan", "inf"])
def test_without_a_gradient_it_is_the_plain_method(evaluation_of, bad):
    """One entry that is not finite is enough to distrust the whole."""
    grad = None if bad is None else GRAD * (bad if bad == 0 else 1)
    grad = grad if bad is None or bad == 0 else grad.at[4].set(bad)
    state, plain = guided_state(evaluation_of, grad), PLAIN.init(jnp.zeros(SIZE), key=KEY)
    plain = PLAIN.tell(plain, PLAIN.ask(plain, key=KEY), evaluation_of(jnp.arange(8.0)))
    for _ in range(3):
        asked = INJECTED.ask(state, key=KEY)
        np.testing.assert_array_equal(asked, PLAIN.ask(plain, key=KEY))
        seen = evaluation_of(jnp.sum(asked**2, axis=1))
        state, plain = INJECTED.tell(state, asked, seen), PLAIN.tell(plain, asked, seen)


def test_a_best_point_far_away_does_not_upset_the_step_size(evaluation_of):
    """It is moved to no farther off than candidates are drawn."""
    state = guided_state(evaluation_of, latent=jnp.full(SIZE, 40.0))
    asked = np.asarray(INJECTED.ask(state, key=KEY))[-3:]
    memory = state.inner.memory
    whitened = np.linalg.solve(np.linalg.cholesky(memory["_C"]), (asked - memory["_mean"]).T)
    length = np.linalg.norm(whitened, axis=0) / memory["_sigma"]
    np.testing.assert_allclose(length, np.sqrt(SIZE) + 2 * SIZE / (SIZE + 2), rtol=1e-4)


def test_bounds_are_kept(evaluation_of):
    optimizer = eqx.tree_at(
        lambda o: o.optimizer.bounds, INJECTED, np.asarray([-0.1, 0.1]), is_leaf=lambda x: x is None
    )
    state = guided_state(evaluation_of, optimizer=optimizer, latent=jnp.full(SIZE, 0.1))
    assert np.abs(optimizer.ask(state, key=KEY)).max() <= np.float32(0.1)


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: Injected(PLAIN, moved=0), "moved >= 1, got 0"),
        (lambda: Injected(PLAIN, reach=0.0), "reach > 0, got 0"),
        (
            lambda: Injected(PLAIN, moved=8).init(jnp.zeros(SIZE), key=KEY),
            "moved < population, got 8 and 8",
        ),
    ],
)
def test_bad_arguments(make, said):
    with pytest.raises(ValueError, match=said):
        make()
