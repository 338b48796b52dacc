"""Searches of which the worse are dropped."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from invdesign.optimizers import BFGS, CEM, CMAES, Adam, FeasibleFirst, Halving

from .conftest import evaluation_of, run


def bowl(latent):
    return jnp.sum((latent - 3.0) ** 2)


# Rates of a descent: which is best shows after two steps.
RATES = (0.01, 0.5, 0.05, 0.2)
HALVING = Halving(tuple(Adam(rate) for rate in RATES), steps=2)


def test_the_best_goes_on_from_where_it_stands():
    """Rounds of 4, 2 and 1 search; the last one is the winner alone, step by step."""
    asked, _, state = run(HALVING, bowl, jnp.zeros(2), 20)
    alone, _, _ = run(Adam(0.5), bowl, jnp.zeros(2), 12)
    own = [*range(2, 4), *range(8, 10), *range(12, 20)]  # the second search's turns
    np.testing.assert_array_equal(asked[jnp.asarray(own)], alone)
    assert state.order.tolist() == [1, 3, 2, 0]
    assert (np.sort(state.lowest)[:2] == state.lowest[[1, 3]]).all()


def test_a_search_whose_evaluations_fail_is_dropped():
    optimizer = Halving((Adam(0.5), Adam(0.1)), steps=1)
    state = optimizer.init(jnp.zeros(2), key=jax.random.key(0))
    for value in (np.nan, 5.0):
        asked = optimizer.ask(state, key=jax.random.key(1))
        state = optimizer.tell(state, asked, evaluation_of([value], jnp.ones((1, 2))))
    assert state.order.tolist() == [1, 0]


def test_designs_that_fit_come_first():
    """The wide search finds lower values, none of which meets the constraint."""
    inner = Halving((CMAES(initial_std=2.0), CMAES(initial_std=0.01)), steps=1)
    optimizer = FeasibleFirst(optimizer=inner, equality=(False,), tolerance=(1e-3,))
    state = optimizer.init(jnp.zeros(2), key=jax.random.key(0))
    for value, room in ((1.0, -1.0), (2.0, 1.0)):
        asked = optimizer.ask(state, key=jax.random.key(1))
        found = evaluation_of(jnp.full(len(asked), value))
        found = found.__class__(
            found.value, None, found.score, jnp.full((len(asked), 1), room), None, found.result
        )
        state = optimizer.tell(state, asked, found)
    assert state.order.tolist() == [1, 0]


def test_starts_are_drawn_around_the_first():
    optimizer = Halving((Adam(0.1),) * 3, steps=1, std=0.2)
    first, *others = (run.latent for run in optimizer.init(jnp.ones(4), key=jax.random.key(0)).runs)
    np.testing.assert_array_equal(first, jnp.ones(4))
    assert (others[0] != others[1]).all()
    assert 0.05 < float(jnp.std(jnp.stack(others) - 1.0)) < 0.5


def test_ends_when_the_last_search_does():
    optimizer = Halving((BFGS(), BFGS()), steps=1)
    asked, values, _ = run(optimizer, bowl, jnp.zeros(2), 60)
    assert len(asked) < 60 and float(values.min()) < 1e-6


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Halving(()), "one optimizer or more"),
        (lambda: Halving((Adam(), CEM())), "of 2 kinds"),
        (lambda: Halving((Adam(),), steps=0), "steps"),
        (lambda: Halving((Adam(),), std=-1.0), "std"),
        (
            lambda: Halving((CMAES(8), CMAES(6))).init(jnp.zeros(2), key=jax.random.key(0)),
            "populations of 6, 8",
        ),
    ],
)
def test_mistakes(make, message):
    with pytest.raises(ValueError, match=message):
        make()
