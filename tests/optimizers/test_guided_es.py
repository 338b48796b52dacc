"""Evolution strategies whose pairs lie along recent gradients more than across them."""

import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from invdesign._evaluation import Slope
from invdesign.optimizers import Adam, GuidedES, Optax

KEY = jax.random.key(3)
SIZE = 8
STEP = Optax(optax.sgd(1.0))
ALONG = jnp.asarray([3.0, 0, 4.0, 0, 0, 0, 0, 0])
ACROSS = jnp.zeros(SIZE).at[5].set(2.0)


def told(optimizer, evaluation_of, *grads, value=None):
    """After a population of equal values for each gradient, which moves nothing."""
    state = optimizer.init(jnp.zeros(SIZE), key=KEY)
    for grad in grads:
        value = jnp.ones(optimizer.population) if value is None else value
        evaluation = evaluation_of(value)
        if grad is not None:
            evaluation = dataclasses.replace(evaluation, slope=Slope(jnp.zeros(SIZE), grad))
        state = optimizer.tell(state, optimizer.ask(state, key=KEY), evaluation)
    return state


@pytest.mark.parametrize(
    ("grads", "spanned"),
    [
        ([], []),
        ([ALONG], [ALONG]),
        ([ALONG, ACROSS], [ALONG, ACROSS]),
        ([ALONG, 1e30 * ALONG], [ALONG]),  # twice the same direction spans one
        ([ALONG, ALONG, ACROSS], [ALONG, ACROSS]),
        ([ACROSS, ALONG, ALONG, ALONG], [ALONG]),  # the oldest is forgotten
        ([ALONG, jnp.zeros(SIZE), ACROSS.at[0].set(jnp.nan), None], [ALONG]),
    ],
    ids=["none", "one", "two", "same", "three", "oldest", "bad"],
)
def test_pairs_vary_as_the_paper_has_it(evaluation_of, grads, spanned):
    """Covariance of alpha I + (1 - alpha) n/k U U^T, of variance 1 a latent on average."""
    optimizer = GuidedES(STEP, population=40000, std=0.3, share=0.4)
    asked = np.asarray(optimizer.ask(told(optimizer, evaluation_of, *grads), key=KEY))
    np.testing.assert_allclose(asked[:20000], -asked[20000:], atol=1e-6)
    expected = np.eye(SIZE)
    if spanned:
        basis = np.stack([x / np.linalg.norm(x) for x in map(np.asarray, spanned)])
        expected = 0.4 * expected + 0.6 * SIZE / len(basis) * basis.T @ basis
    assert np.trace(expected) == pytest.approx(SIZE)
    np.testing.assert_allclose(np.cov(asked.T) / 0.3**2, expected, atol=0.15)


def test_the_step_is_the_mean_of_pairs_weighed_by_ranks(evaluation_of):
    optimizer = GuidedES(STEP, population=6, std=0.2)
    state = optimizer.init(jnp.full(SIZE, 0.5), key=KEY)
    asked = optimizer.ask(state, key=KEY)
    value = jnp.asarray([5.0, 2.0, -1e9, 3.0, jnp.inf, 4.0])
    later = optimizer.tell(state, asked, evaluation_of(value))
    ranks = np.asarray([4, 1, 0, 2, 5, 3]) / 5
    steps = np.asarray(asked[:3]) - 0.5
    slope = ((ranks[:3] - ranks[3:])[:, None] * steps).mean(0) / 0.2
    np.testing.assert_allclose(later.inner.latent, 0.5 - slope, rtol=1e-5)


def test_where_all_values_are_equal_it_stays(evaluation_of):
    """A plateau has no slope, whatever the order of the candidates."""
    optimizer = GuidedES(STEP)
    state = told(optimizer, evaluation_of, ALONG)
    np.testing.assert_array_equal(state.inner.latent, jnp.zeros(SIZE))


def test_values_themselves_do_not_count(evaluation_of):
    optimizer = GuidedES(Adam(0.1))
    value = jnp.arange(12.0)
    states = [
        told(optimizer, evaluation_of, ALONG, value=v) for v in (value, value**3, value - 1e6)
    ]
    for state in states[1:]:
        np.testing.assert_array_equal(state.inner.latent, states[0].inner.latent)


def test_it_goes_back_where_half_of_a_population_failed(evaluation_of):
    """To where the descent's median was lowest, with half the step."""
    optimizer = GuidedES(Adam(0.1), population=4)
    state = told(optimizer, evaluation_of, None, value=jnp.arange(4.0))
    moved = state.inner.latent
    assert jnp.linalg.norm(moved) > 0
    failed = evaluation_of(jnp.asarray([jnp.inf, 1.0, jnp.inf, jnp.nan]))
    state = optimizer.tell(state, optimizer.ask(state, key=KEY), failed)
    assert state.inner.scale == 0.5
    np.testing.assert_array_equal(state.inner.best.latent, jnp.zeros(SIZE))


def test_a_gradient_of_the_wrong_sign_leads_nowhere_worse(loop):
    """It says along which line to look; which way is for the values to say."""
    lows = []
    for sign in (1, -1):
        optimizer = GuidedES(Adam(0.1), std=0.1, memory=1)
        state = optimizer.init(jnp.zeros(SIZE), key=KEY)
        state = dataclasses.replace(state, recent=sign * ALONG[None] / 5)
        _, values, _ = loop(optimizer, lambda z: jnp.sum((z - ALONG) ** 2), None, 60, state=state)
        lows.append(float(values.min()))
    assert max(lows) < 0.03 * 25


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: GuidedES(STEP, population=7), "even population, for pairs, got 7"),
        (lambda: GuidedES(STEP, population=0), "population <= 100000|population >= 2|got 0"),
        (lambda: GuidedES(STEP, std=0.0), "std > 0, got 0"),
        (lambda: GuidedES(STEP, share=0.0), "share > 0, got 0"),
        (lambda: GuidedES(STEP, share=1.5), "0 < share <= 1, got 1.5"),
        (lambda: GuidedES(STEP, memory=0), "memory >= 1, got 0"),
    ],
)
def test_bad_arguments(make, said):
    with pytest.raises(ValueError, match=said):
        make()
