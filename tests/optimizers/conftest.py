"""A loop of ask, evaluate, tell without the driver."""

import equinox as eqx
import jax
import jax.numpy as jnp
import pytest

from invdesign._evaluation import Evaluation


def evaluation_of(value, grad=None):
    value = jnp.asarray(value, float)
    grad = None if grad is None else jnp.asarray(grad, float)
    codes = jnp.where(jnp.isfinite(value), 0, 2)
    return Evaluation(value, grad, -value, jnp.zeros((value.shape[0], 0)), None, codes)


@eqx.filter_jit
def evaluate(objective, order, latents):
    if order == 0:
        return evaluation_of(jax.vmap(objective)(latents))
    return evaluation_of(*jax.vmap(jax.value_and_grad(objective))(latents))


def run(optimizer, objective, latent, steps, *, key=None, state=None):
    """The latents asked for, their values, and the last state."""
    key = jax.random.key(0) if key is None else key
    state = optimizer.init(latent, key=key) if state is None else state
    asked, values = [], []
    for i in range(steps):
        latents = optimizer.ask(state, key=jax.random.fold_in(key, i))
        evaluation = evaluate(objective, optimizer.order, latents)
        state = optimizer.tell(state, latents, evaluation)
        asked.append(latents)
        values.append(evaluation.value)
        if optimizer.done(state):
            break
    return jnp.stack(asked), jnp.stack(values), state


@pytest.fixture(name="loop")
def _loop():
    return run


@pytest.fixture(name="evaluation_of")
def _evaluation_of():
    return evaluation_of
