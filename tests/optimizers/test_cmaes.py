"""CMA-ES through our states is a plain run of `cmaes`."""

import cmaes
import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from invdesign.optimizers import CMAES

KEY = jax.random.key(5)
SEED = int(jax.random.bits(KEY, dtype=jnp.uint32))
BOUNDS = np.asarray([[-0.6, 0.6]] * 4)


def objective(latent):
    return sum(10.0**i * (latent[i] - 0.5) ** 2 for i in range(4))


@pytest.mark.parametrize(
    ("bounds", "separable"),
    [(None, False), (BOUNDS, False), (None, True)],
    ids=["free", "bounded", "separable"],
)
def test_is_a_plain_run(loop, bounds, separable):
    with jax.enable_x64(True):
        optimizer = CMAES(population=9, initial_std=0.3, bounds=bounds, separable=separable)
        asked, _, state = loop(optimizer, objective, jnp.zeros(4), 40, key=KEY)
        value = jax.jit(jax.vmap(objective))
        kind = cmaes.SepCMA if separable else cmaes.CMA
        plain = kind(np.zeros(4), 0.3, bounds=bounds, seed=SEED, population_size=9)
        for latents in asked:
            drawn = np.stack([plain.ask() for _ in range(9)])
            np.testing.assert_array_equal(latents, drawn)
            plain.tell(list(zip(drawn, np.asarray(value(drawn)).tolist(), strict=True)))
        np.testing.assert_array_equal(state.memory["_mean"], plain.mean)
        assert float(objective(plain.mean)) < 1e-2


def test_bounds_are_kept(loop):
    optimizer = CMAES(initial_std=1.0, bounds=(-0.2, 0.4))
    asked, *_ = loop(optimizer, lambda z: ((z - 0.5) ** 2).sum(), jnp.zeros(4), 30, key=KEY)
    assert asked.min() >= np.float32(-0.2)
    assert asked.max() <= np.float32(0.4)
    np.testing.assert_allclose(asked[-1].mean(0), 0.4, atol=0.05)


def test_stops_once_converged(loop):
    with jax.enable_x64(True):
        optimizer = CMAES(population=8)
        asked, values, state = loop(optimizer, objective, jnp.zeros(4), 1000, key=KEY)
        assert optimizer.done(state)
        assert len(asked) < 1000
        assert float(values[-1].min()) < 1e-10


def test_all_failed_is_survived(evaluation_of):
    optimizer = CMAES(population=6)
    state = optimizer.init(jnp.zeros(3), key=KEY)
    for _ in range(5):
        latents = optimizer.ask(state, key=KEY)
        state = optimizer.tell(state, latents, evaluation_of([np.inf, np.nan] * 3))
    assert np.isfinite(state.candidates).all()


def test_failed_candidates_rank_last(evaluation_of):
    optimizer = CMAES(population=6)
    state = optimizer.init(jnp.zeros(3), key=KEY)
    latents, value = optimizer.ask(state, key=KEY), np.arange(6.0)
    failed, poor = (
        optimizer.tell(state, latents, evaluation_of(np.where(value == 0, bad, value)))
        for bad in (np.inf, 1e9)
    )
    np.testing.assert_array_equal(failed.memory["_mean"], poor.memory["_mean"])


def test_the_default_population_grows_with_the_logarithm_of_the_size():
    for size, population in ((2, 6), (16, 12), (36, 14)):
        state = CMAES().init(jnp.zeros(size), key=KEY)
        assert CMAES().ask(state, key=KEY).shape == (population, size)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"population": 3}, "population >= 4 or None, got 3"),
        ({"initial_std": 0.0}, "initial_std > 0, got 0"),
        ({"bounds": (1.0, -1.0)}, "every lower bound below its upper bound"),
        ({"bounds": np.zeros((4, 3))}, r"shape \(2,\) or \(latent, 2\), got \(4, 3\)"),
        ({"bounds": [[0.0, 1.0]] * 3}, "bounds for 4 latents, got 3 pairs"),
        ({"bounds": (0.5, 1.0)}, "start within its bounds"),
    ],
)
def test_bad_arguments(arguments, message):
    with pytest.raises(ValueError, match=message):
        CMAES(**arguments).init(jnp.zeros(4), key=KEY)


def test_local_candidates_stay_near_the_best_one_so_far(evaluation_of):
    """In any direction, up to `reach` of what the others are away from the mean."""
    optimizer = CMAES(10, initial_std=0.2, local=4, reach=0.5)
    state = optimizer.init(jnp.zeros(5), key=jax.random.key(0))
    first = optimizer.ask(state, key=jax.random.key(1))
    value = jnp.arange(10.0)[::-1]
    later = optimizer.tell(state, first, evaluation_of(value))
    np.testing.assert_allclose(later.best, first[-1])
    assert later.lowest == 0
    asked = np.asarray(optimizer.ask(later, key=jax.random.key(1)))
    away = np.linalg.norm(asked - np.asarray(first[-1]), axis=1)
    assert (away[-4:] <= 0.5 * later.memory["_sigma"] * np.sqrt(5)).all()
    assert np.unique(away).size == 10
    worse = optimizer.tell(later, optimizer.ask(later, key=KEY), evaluation_of(value + 1))
    np.testing.assert_array_equal(worse.best, later.best)


def test_a_best_point_far_away_does_not_upset_the_step_size(evaluation_of):
    """It is taken from no farther off than candidates are drawn, however far it is."""
    optimizer = CMAES(10, initial_std=0.2, local=5)
    state = optimizer.init(jnp.zeros(5), key=jax.random.key(0))
    far = eqx.tree_at(lambda s: (s.best, s.lowest), state, (np.full(5, 50.0), np.asarray(-1.0)))
    far = optimizer.tell(far, optimizer.ask(far, key=KEY), evaluation_of(jnp.arange(10.0)))
    asked = np.asarray(optimizer.ask(far, key=KEY))[-5:]
    memory = far.memory
    whitened = np.linalg.solve(np.linalg.cholesky(memory["_C"]), (asked - memory["_mean"]).T)
    length = np.linalg.norm(whitened, axis=0) / memory["_sigma"]
    np.testing.assert_allclose(length, np.sqrt(5) + 10 / 7, rtol=1e-4)
