"""A disc to stay out of: candidates are repaired, and the sampler is told of its own."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from invdesign._evaluation import Evaluation
from invdesign.optimizers import (
    CEM,
    CMAES,
    AbstractOptimizer,
    Adam,
    FeasibleFirst,
    Penalized,
    Repair,
    Repaired,
)

KEY = jax.random.key(5)
RADIUS, TOLERANCE = 1.0, 1e-3
ENTRIES = ((False,), (TOLERANCE,))  # an inequality, and by how much it may be missed
TARGET = np.array([0.5, 0.2, 0.0])  # within the disc: the best allowed point is at its edge
BEST = TARGET / np.linalg.norm(TARGET)


class Outside(eqx.Module):
    """Violation of staying out of the disc about the origin, over the tolerance."""

    radius: jax.Array = eqx.field(converter=jnp.asarray, default=RADIUS)

    def __call__(self, latent):
        return jnp.maximum(self.radius - jnp.linalg.norm(latent), 0)[None] / TOLERANCE


class Told(eqx.Module):
    candidates: jax.Array
    value: jax.Array
    grad: jax.Array


class Spy(AbstractOptimizer):
    """Asks for the same candidates again and remembers what it was told."""

    drawn: jax.Array
    order: int = 0

    def init(self, latent, *, key):
        return Told(self.drawn, jnp.zeros(len(self.drawn)), jnp.zeros_like(self.drawn))

    def ask(self, state, *, key):
        return self.drawn

    def tell(self, state, candidates, evaluation):
        grad = state.grad if evaluation.grad is None else evaluation.grad
        return Told(candidates, evaluation.value, grad)

    def done(self, state):
        return False


@eqx.filter_jit
def evaluate(latents, order):
    """Squared distance to the target, and the disc as a constraint."""
    away = latents - jnp.asarray(TARGET, latents.dtype)[None]
    length = jnp.linalg.norm(latents, axis=1, keepdims=True)
    value, entries = jnp.sum(away**2, axis=1), length - RADIUS
    grad = 2 * away if order == 1 else None
    jacobian = (latents / length)[:, None] if order == 1 else None
    return Evaluation(value, grad, -value, entries, jacobian, jnp.zeros(len(latents), jnp.int32))


def search(optimizer, start, steps):
    """The best candidate that stays out, and the share of candidates that do."""
    state = optimizer.init(jnp.asarray(start, jnp.float32), key=KEY)
    best, value, met = None, np.inf, []
    for number in range(steps):
        latents = optimizer.ask(state, key=jax.random.fold_in(KEY, number))
        evaluation = evaluate(latents, optimizer.order)
        state = optimizer.tell(state, latents, evaluation)
        fine = np.asarray(evaluation.constraints[:, 0]) >= -TOLERANCE
        values = np.where(fine, evaluation.value, np.inf)
        met.append(fine.mean())
        if values.min() < value:
            best, value = np.asarray(latents[values.argmin()]), values.min()
    return best, np.mean(met)


def test_a_repair_moves_to_the_nearest_point_that_is_allowed():
    latents = jax.random.normal(KEY, (40, 3))
    repaired = np.asarray(Repair(Outside())(latents))
    length = np.linalg.norm(latents, axis=1, keepdims=True)
    np.testing.assert_array_equal(repaired[length[:, 0] >= RADIUS], latents[length[:, 0] >= RADIUS])
    np.testing.assert_allclose(repaired, latents * np.maximum(1, RADIUS / length), atol=TOLERANCE)


@pytest.mark.parametrize("scale", [1e-4, 1e4])
def test_the_unit_of_a_violation_does_not_matter(scale):
    latents = 0.3 * jax.random.normal(KEY, (10, 3))
    alike = [Repair(lambda z, s=s: s * Outside()(z))(latents) for s in (1.0, scale)]
    np.testing.assert_allclose(*alike, atol=1e-4)


def test_the_optimizer_is_told_of_its_own_points():
    own = jnp.asarray([[0.5, 0.0, 0.0], [0.0, 2.0, 0.0]])
    optimizer = Repaired(Spy(own), Repair(Outside()), pull=0.3)
    state = optimizer.init(jnp.zeros(3), key=KEY)
    asked = optimizer.ask(state, key=KEY)
    np.testing.assert_allclose(asked, [[1.0, 0.0, 0.0], [0.0, 2.0, 0.0]], atol=TOLERANCE)
    evaluation = evaluate(asked, 0)
    told = optimizer.tell(state, asked, evaluation).inner
    np.testing.assert_array_equal(told.candidates, own)
    moved = [0.3 * 0.5**2, 0.0]
    np.testing.assert_allclose(told.value, evaluation.value + jnp.asarray(moved), rtol=1e-3)


def test_gradients_pass_straight_through_the_repair():
    own = jnp.asarray([[0.5, 0.0, 0.0]])
    optimizer = Repaired(Spy(own, order=1), Repair(Outside()), pull=0.3)
    state = optimizer.init(jnp.zeros(3), key=KEY)
    evaluation = evaluate(optimizer.ask(state, key=KEY), 1)
    told = optimizer.tell(state, optimizer.ask(state, key=KEY), evaluation).inner
    pulled = evaluation.grad + jnp.asarray([[2 * 0.3 * -0.5, 0.0, 0.0]])
    np.testing.assert_allclose(told.grad, pulled, rtol=1e-3)


@pytest.mark.parametrize("value", [np.inf, np.nan])
def test_a_failure_stays_one(value):
    own = jnp.asarray([[0.5, 0.0, 0.0]])
    optimizer = Repaired(Spy(own, order=1), Repair(Outside()))
    state = optimizer.init(jnp.zeros(3), key=KEY)
    evaluation = evaluate(own, 1)
    failed = eqx.tree_at(
        lambda e: (e.value, e.grad), evaluation, (jnp.full(1, value), jnp.zeros((1, 3)))
    )
    told = optimizer.tell(state, own, failed).inner
    assert not np.isfinite(told.value[0]) and not told.grad.any()


@pytest.mark.parametrize(
    ("inner", "steps", "atol"),
    [
        (FeasibleFirst(CMAES(8, initial_std=0.3), *ENTRIES), 40, 0.01),
        (FeasibleFirst(CEM(40, 8, min_std=0.05, smoothing=0.5), *ENTRIES), 60, 0.1),
        (Penalized(Adam(0.05), ENTRIES[0]), 120, 0.05),
    ],
    ids=["cmaes", "cem", "adam"],
)
def test_the_best_allowed_point_is_found_from_behind_the_disc(inner, steps, atol):
    """Around the disc, from its far side, with hardly a candidate that is not allowed."""
    best, met = search(Repaired(inner, Repair(Outside())), [-1.2, 0.4, 0.3], steps)
    np.testing.assert_allclose(best, BEST, atol=atol)
    assert met > 0.95


def test_without_repair_most_candidates_are_lost():
    """What the constraint costs a sampler that ranks by it, and where it ends all the same."""
    inner = FeasibleFirst(CMAES(8, initial_std=0.3), *ENTRIES)
    best, met = search(inner, [-1.2, 0.4, 0.3], 60)
    np.testing.assert_allclose(best, BEST, atol=0.1)
    assert met < 0.85


def test_what_misses_a_constraint_ranks_behind_everything_that_does_not():
    optimizer = FeasibleFirst(Spy(jnp.zeros((5, 1))), *ENTRIES)
    state = optimizer.init(jnp.zeros(1), key=KEY)
    value = jnp.asarray([3.0, -9.0, 1.0, jnp.inf, -8.0])
    entries = jnp.asarray([0.0, -0.5, -0.0005, 1.0, -0.2])[:, None]
    codes = jnp.zeros(5, jnp.int32)
    evaluation = Evaluation(value, None, -value, entries, None, codes)
    told = optimizer.tell(state, jnp.zeros((5, 1)), evaluation).value
    assert np.argsort(told).tolist() == [2, 0, 4, 1, 3]
    np.testing.assert_array_equal(told[jnp.asarray([0, 2])], value[jnp.asarray([0, 2])])
    assert np.isinf(told[3])


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Repaired(CMAES(), Repair(Outside()), pull=-1.0), "pull >= 0"),
        (lambda: Repair(Outside(), num_steps=0), "num_steps >= 1, got 0"),
        (lambda: FeasibleFirst(Adam(), *ENTRIES), "uses values alone"),
        (lambda: FeasibleFirst(CMAES(), (False,), ()), "each of the 1 entries"),
    ],
)
def test_bad_arguments(make, message):
    with pytest.raises(ValueError, match=message):
        make()
