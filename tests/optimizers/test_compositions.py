"""Random search, several starts, and one optimizer after another."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from invdesign.optimizers import BFGS, CEM, CMAES, Adam, MultiStart, RandomSearch, Then

KEY = jax.random.key(2)


class Uniform(eqx.Module):
    """Stands in for a design space's sampler."""

    width: jax.Array

    def sample(self, *, key):
        return self.width * jax.random.uniform(key, (3,))


def objective(latent):
    return ((latent - 0.4) ** 2).sum()


def test_random_search_draws_a_gaussian_around_the_start():
    optimizer = RandomSearch(population=20_000, std=0.5)
    state = optimizer.init(jnp.asarray([1.0, -1.0]), key=KEY)
    latents = optimizer.ask(state, key=KEY)
    np.testing.assert_allclose(latents.mean(0), [1.0, -1.0], atol=0.02)
    np.testing.assert_allclose(latents.std(0), 0.5, atol=0.01)


def test_random_search_uses_the_sampler_of_a_space():
    optimizer = RandomSearch(population=2000, sample=Uniform(jnp.asarray(2.0)).sample)
    latents = optimizer.ask(optimizer.init(jnp.zeros(3), key=KEY), key=KEY)
    assert float(latents.min()) >= 0
    assert 1.9 < float(latents.max()) <= 2
    assert len(np.unique(np.asarray(latents)[:, 0])) > 1900


@pytest.mark.parametrize(
    "inner", [Adam(0.1), BFGS(), CMAES(population=5)], ids=lambda o: str(o)[:4]
)
def test_every_start_is_a_run_of_its_own(loop, inner):
    optimizer = MultiStart(inner, num_starts=3, sample=Uniform(jnp.asarray(1.0)).sample)
    asked, _, _ = loop(optimizer, objective, jnp.zeros(3), 6, key=KEY)
    size = asked.shape[1] // 3
    for start, state in enumerate(optimizer.init(jnp.zeros(3), key=KEY)):
        mine = asked[:, start * size : (start + 1) * size]
        alone, _, _ = loop(inner, objective, None, len(asked), state=state)
        np.testing.assert_allclose(mine[: len(alone)], alone, rtol=1e-5, atol=1e-6)
    assert len(np.unique(np.asarray(asked[0, :, 0]))) == 3 * size


def test_the_first_start_is_the_given_one():
    optimizer = MultiStart(Adam(), num_starts=4, std=2.0)
    latents = optimizer.ask(optimizer.init(jnp.full((3,), 0.7), key=KEY), key=KEY)
    np.testing.assert_array_equal(latents[0], jnp.full((3,), 0.7))
    assert (jnp.abs(latents[1:] - jnp.asarray(0.7)).max(axis=1) > 0.1).all()


def test_a_failing_start_disturbs_no_other(evaluation_of):
    optimizer = MultiStart(Adam(0.1), num_starts=2)
    states = [optimizer.init(jnp.zeros(2), key=KEY)] * 2
    for _ in range(3):
        for i, value in enumerate(([1.0, 1.0], [np.inf, 1.0])):
            latents = optimizer.ask(states[i], key=KEY)
            grad = [[1.0, 1.0] if np.isfinite(v) else [0.0, 0.0] for v in value]
            states[i] = optimizer.tell(states[i], latents, evaluation_of(value, grad))
    asked = [np.asarray(optimizer.ask(s, key=KEY)) for s in states]
    np.testing.assert_array_equal(asked[0][1], asked[1][1])
    assert (asked[0][0] != asked[1][0]).all()


def test_done_once_every_start_is(loop):
    optimizer = MultiStart(BFGS(), num_starts=2)
    asked, _, state = loop(optimizer, objective, jnp.zeros(3), 50, key=KEY)
    assert optimizer.done(state)
    assert len(asked) < 50
    assert all(bool(s.done) for s in state)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: RandomSearch(population=0), "population >= 1, got 0"),
        (lambda: RandomSearch(std=0.0), "std > 0, got 0"),
        (lambda: MultiStart(Adam(), num_starts=0), "num_starts >= 1, got 0"),
        (lambda: MultiStart(Adam(), std=-1.0), "std > 0, got -1"),
        (lambda: Then(CEM(), Adam(), 0), "steps >= 1, got 0"),
        (lambda: Then(Then(CEM(), Adam(), 1), Adam(), 1), r"Then\(a, Then\(b, c, n\), m\)"),
    ],
)
def test_bad_arguments(make, message):
    with pytest.raises(ValueError, match=message):
        make()
