"""Gradients shared among neighbors."""

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from invdesign.optimizers import Adam, CosineDecay, Coupled, Optax
from invdesign.optimizers._coupled import couple

LINE = jnp.linspace(0.0, 1.0, 9)[:, None]


def test_no_width_changes_nothing(loop):
    def bowl(latent):
        return jnp.sum((latent - jnp.linspace(-1.0, 1.0, 9)) ** 2)

    plain, *_ = loop(Adam(0.05), bowl, jnp.zeros(9), 12)
    asked, *_ = loop(Coupled(Adam(0.05), LINE, 0.0), bowl, jnp.zeros(9), 12)
    np.testing.assert_allclose(asked, plain, atol=1e-6)


@pytest.mark.parametrize("width", [0.0, 0.05, 0.3, 3.0])
def test_leads_downhill_and_keeps_the_norm(width):
    for seed in range(5):
        grad = jax.random.normal(jax.random.key(seed), (9,))
        shared = couple(grad, LINE, jnp.asarray(width))
        assert float(shared @ grad) > 0
        assert float(jnp.linalg.norm(shared)) == pytest.approx(float(jnp.linalg.norm(grad)))


def test_wide_is_one_and_the_same_for_all():
    grad = jnp.zeros(9).at[3].set(-2.0)
    shared = couple(grad, LINE, jnp.asarray(100.0))
    np.testing.assert_allclose(shared, jnp.full(9, -2.0 / 3.0), rtol=1e-4)


def test_neighbors_get_a_gaussian_share():
    shared = couple(jnp.zeros(9).at[4].set(1.0), LINE, jnp.asarray(0.25))
    away = np.abs(np.arange(9) - 4) / 8
    np.testing.assert_allclose(shared / shared[4], np.exp(-0.5 * (away / 0.25) ** 2), rtol=1e-5)


def test_nothing_to_share_stays_nothing():
    assert (couple(jnp.zeros(9), LINE, jnp.asarray(0.5)) == 0).all()


def test_moves_what_feels_nothing_until_its_neighbors_do(loop):
    """Each parameter matters only once the one before it is in place, as blades below others do."""

    def chain(latent):
        reached = jnp.concatenate([jnp.ones(1), jax.nn.sigmoid(20 * (latent[:-1] - 0.7))])
        return -jnp.sum(jnp.cumprod(reached) * latent)

    _, alone, _ = loop(Adam(0.05), chain, jnp.zeros(9), 20)
    coupled = Coupled(Adam(0.05), LINE, CosineDecay(0.5, 0.05, 20))
    _, together, _ = loop(coupled, chain, jnp.zeros(9), 20)
    assert float(together.min()) < 2 * float(alone.min()) < 0


def test_a_failure_goes_back_to_the_best_point(evaluation_of):
    optimizer = Coupled(Optax(optax.sgd(0.1)), LINE[:2], 0.0)
    state = optimizer.init(jnp.zeros(2), key=jax.random.key(0))
    first = optimizer.ask(state, key=jax.random.key(1))
    state = optimizer.tell(state, first, evaluation_of([1.0], [[1.0, 0.0]]))
    second = optimizer.ask(state, key=jax.random.key(2))
    np.testing.assert_allclose(second, [[-0.1, 0.0]], atol=1e-7)
    failed = optimizer.tell(state, second, evaluation_of([np.inf], [[0.0, 0.0]]))
    np.testing.assert_allclose(failed.latent, [-0.05, 0.0], atol=1e-7)


def test_a_failure_shares_the_best_gradient_as_widely_as_now(evaluation_of):
    optimizer = Coupled(Optax(optax.sgd(0.1)), LINE[:2], lambda count: jnp.where(count < 1, 9, 0))
    state = optimizer.init(jnp.zeros(2), key=jax.random.key(0))
    state = optimizer.tell(state, jnp.zeros((1, 2)), evaluation_of([1.0], [[1.0, 0.0]]))
    np.testing.assert_allclose(state.latent, jnp.full(2, -0.1 / np.sqrt(2)), rtol=1e-3)
    asked = optimizer.ask(state, key=jax.random.key(1))
    failed = optimizer.tell(state, asked, evaluation_of([np.inf], [[0.0, 0.0]]))
    np.testing.assert_allclose(failed.latent, [-0.05, 0.0], atol=1e-7)


def test_refuses_places_that_do_not_fit():
    with pytest.raises(ValueError, match=r"shape \(latent, dim\)"):
        Coupled(Adam(), LINE[:, 0])
    with pytest.raises(ValueError, match="places for 9 parameters; the design has 4"):
        Coupled(Adam(), LINE).init(jnp.zeros(4), key=jax.random.key(0))
    with pytest.raises(ValueError, match="width >= 0"):
        Coupled(Adam(), LINE, -0.1)
