"""The control of a descent: what it is told, and what it cannot do."""

import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from invdesign._evaluation import Evaluation
from invdesign.optimizers import CEM, AbstractOptimizer, Adam, RandomDirection

from .conftest import run

KEY = jax.random.key(3)
LATENT = jnp.zeros(12)


def bowl(latent):
    return jnp.sum((latent - 1.0) ** 2)


class Listening(AbstractOptimizer):
    """Has the derivatives that it was told of last for its state."""

    @property
    def order(self) -> int:
        return 1

    def init(self, latent, *, key):
        return latent

    def ask(self, state, *, key):
        return state[None]

    def tell(self, state, candidates, evaluation):
        return evaluation.grad, evaluation.jacobian

    def done(self, state):
        return False


def told(grad, jacobian, *, simulated=0, seed=0):
    optimizer = RandomDirection(Listening(), simulated=simulated)
    state = optimizer.init(LATENT, key=jax.random.key(seed))
    asked, number = optimizer.ask(state, key=KEY), len(grad)
    ones, codes = jnp.ones(number), jnp.zeros(number, jnp.int32)
    found = Evaluation(ones, grad, ones, jnp.ones((number, 3)), jacobian, codes)
    return optimizer.tell(state, asked, found).inner


GRAD = jnp.arange(1.0, 13.0)[None]
JACOBIAN = jax.random.normal(KEY, (1, 3, 12))


def test_norms_are_those_of_the_gradients():
    grad, jacobian = told(GRAD, JACOBIAN, simulated=2)
    for new, old in ((grad, GRAD), (jacobian, JACOBIAN)):
        lengths = [np.linalg.norm(x, axis=-1) for x in (new, old)]
        np.testing.assert_allclose(*lengths, rtol=1e-5)
    np.testing.assert_array_equal(jacobian[:, 2], JACOBIAN[:, 2])  # needs no simulation
    assert (np.asarray(jacobian[:, :2]) != np.asarray(JACOBIAN[:, :2])).all()


def test_directions_know_nothing_of_the_gradient():
    grad, _ = told(jnp.tile(GRAD, (500, 1)), None)
    cosines = grad @ GRAD[0] / jnp.vdot(GRAD, GRAD)
    assert abs(float(cosines.mean())) < 3 / np.sqrt(500 * 12)
    np.testing.assert_allclose(float((cosines**2).mean()), 1 / 12, rtol=0.2)


def test_a_gradient_that_is_none_stays_none():
    for grad in (jnp.zeros((1, 12)), jnp.full((1, 12), jnp.inf)):
        np.testing.assert_array_equal(told(grad, JACOBIAN)[0], grad)


def test_a_descent_beats_its_control():
    _, values, _ = run(Adam(0.1), bowl, LATENT, 40)
    _, others, _ = run(RandomDirection(Adam(0.1)), bowl, LATENT, 40)
    assert float(values.min()) < 0.05 * float(others.min())


def test_another_key_is_another_walk():
    first, again, other = (told(GRAD, JACOBIAN, seed=seed)[0] for seed in (1, 1, 2))
    np.testing.assert_array_equal(first, again)
    assert (first != other).all()


def test_nothing_to_replace_is_refused():
    with pytest.raises(ValueError, match="uses none to replace"):
        RandomDirection(CEM())
    with pytest.raises(ValueError, match="simulated"):
        dataclasses.replace(RandomDirection(Adam()), simulated=-1)
