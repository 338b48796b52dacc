"""Optax transformations against plain Optax, and the way back after a failure."""

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from invdesign.optimizers import Adam, CosineDecay, Optax


def objective(latent):
    return ((latent - jnp.asarray([1.0, -2.0])) ** 2).sum() + jnp.sin(3.0 * latent[0])


def plain(transformation, latent, steps):
    asked, state = [], transformation.init(latent)
    for _ in range(steps):
        asked.append(latent)
        value, grad = jax.value_and_grad(objective)(latent)
        with jax.numpy_dtype_promotion("standard"):
            updates, state = optax.with_extra_args_support(transformation).update(
                grad, state, latent, value=value
            )
        latent = optax.apply_updates(latent, updates)
    return jnp.stack(asked)


@pytest.mark.parametrize(
    "transformation",
    [optax.sgd(0.1, momentum=0.8), optax.rmsprop(0.05), optax.lion(0.02)],
    ids=["sgd", "rmsprop", "lion"],
)
def test_optax_is_a_plain_run(loop, transformation):
    asked, *_ = loop(Optax(transformation), objective, jnp.zeros(2), 15)
    np.testing.assert_allclose(asked[:, 0], plain(transformation, jnp.zeros(2), 15), rtol=1e-5)


def test_adam_is_optax_with_clipping_and_a_schedule(loop):
    schedule = optax.cosine_decay_schedule(0.3, 10, alpha=0.1)
    transformation = optax.chain(optax.clip_by_global_norm(1.0), optax.adam(schedule, b1=0.8))
    optimizer = Adam(CosineDecay(0.3, 0.03, 10), clip=1.0, b1=0.8)
    asked, *_ = loop(optimizer, objective, jnp.zeros(2), 15)
    np.testing.assert_allclose(asked[:, 0], plain(transformation, jnp.zeros(2), 15), rtol=1e-4)
    other, *_ = loop(Adam(schedule, clip=1.0, b1=0.8), objective, jnp.zeros(2), 15)
    np.testing.assert_allclose(asked, other, rtol=1e-5)


def test_the_value_reaches_transformations_that_want_it(loop):
    transformation = optax.chain(
        optax.sgd(0.3), optax.contrib.reduce_on_plateau(patience=2, cooldown=0, factor=0.5)
    )
    _, _, state = loop(Optax(transformation), lambda z: jnp.abs(z).sum(), jnp.ones(2) * 0.1, 20)
    assert state.inner[1].scale < 1


def test_a_line_search_is_refused(loop):
    with pytest.raises(ValueError, match="use `BFGS` or `LBFGS`"):
        loop(Optax(optax.lbfgs()), objective, jnp.zeros(2), 1)


def test_cosine_decay():
    schedule = CosineDecay(1.0, 0.2, 10)
    counts = jnp.asarray([0, 5, 10, 30])
    np.testing.assert_allclose(jax.vmap(schedule)(counts), [1.0, 0.6, 0.2, 0.2], rtol=1e-6)


def test_a_failed_step_goes_back_to_the_best_point_and_is_halved(evaluation_of):
    """Plain gradient descent, where every number can be worked out by hand."""
    optimizer = Optax(optax.sgd(1.0))
    key = jax.random.key(0)
    state = optimizer.init(jnp.zeros(2), key=key)

    def tell(state, value, grad):
        return optimizer.tell(state, optimizer.ask(state, key=key), evaluation_of([value], [grad]))

    def asked(state):
        return np.asarray(optimizer.ask(state, key=key)[0])

    state = tell(state, 5.0, [1.0, 0.0])  # at (0, 0)
    np.testing.assert_allclose(asked(state), [-1, 0])
    state = tell(state, 3.0, [0.0, 2.0])  # the best: (-1, 0) with gradient (0, 2)
    state = tell(state, 4.0, [9.0, 9.0])  # worse, from where a step leads far off
    state = tell(state, np.inf, [0.0, 0.0])
    np.testing.assert_allclose(asked(state), [-1, 0 - 0.5 * 2])
    state = tell(state, np.nan, [np.nan, 1.0])
    np.testing.assert_allclose(asked(state), [-1, 0 - 0.25 * 2])
    for _ in range(8):  # four successes win back one halving
        state = tell(state, 3.5, [0.0, 0.0])
    assert float(state.scale) == pytest.approx(1.0)
    state = tell(state, 3.5, [0.0, 0.0])
    assert float(state.scale) == 1.0


def test_momentum_does_not_coast_on_after_a_failure(evaluation_of):
    optimizer = Adam(0.1)
    state = optimizer.init(jnp.zeros(2), key=jax.random.key(0))
    for i in range(5):
        latents = optimizer.ask(state, key=jax.random.key(0))
        state = optimizer.tell(state, latents, evaluation_of([-1.0 * i], [[-1.0, -1.0]]))
    best = np.asarray(state.best.latent)
    for i in range(6):
        latents = optimizer.ask(state, key=jax.random.key(0))
        state = optimizer.tell(state, latents, evaluation_of([np.inf], [[0.0, 0.0]]))
        distance = np.linalg.norm(np.asarray(state.latent) - best)
        assert distance <= 0.15 * 0.5 ** (i + 1) * np.sqrt(2)


def test_an_overflowing_gradient_is_a_failure(evaluation_of):
    optimizer = Adam(0.1, clip=None)
    state = optimizer.init(jnp.zeros(2), key=jax.random.key(0))
    state = optimizer.tell(state, jnp.zeros((1, 2)), evaluation_of([1.0], [[1.0, 1.0]]))
    state = optimizer.tell(state, state.latent[None], evaluation_of([0.5], [[1e30, 0.0]]))
    assert float(state.scale) == 0.5
    assert all(jnp.isfinite(x).all() for x in jax.tree.leaves(state.inner))


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Adam(0.0), "learning_rate > 0, got 0"),
        (lambda: Adam(clip=-1.0), "clip > 0 or None, got -1"),
        (lambda: Adam(b2=1.0), "0 <= b2 < 1, got 1"),
        (lambda: CosineDecay(1.0, 0.1, 0), "num_steps >= 1, got 0"),
    ],
)
def test_bad_arguments(make, message):
    with pytest.raises(ValueError, match=message):
        make()
