"""An ensemble is its members side by side, and its disagreement has a price."""

import dataclasses

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from invdesign import RESULTS, rollout
from invdesign.objectives import Cautious, GaussianReward, RegionFraction
from invdesign.objectives._cautious import member_trajectory
from invdesign.simulators import Ensemble

from .test_particle import scene

REWARD = GaussianReward((0.1, 0.2), (0.05, 0.05))


@eqx.filter_jit
def roll(simulator, start):
    return rollout(simulator, start, num_steps=3, throw=False)


@pytest.fixture
def members(make_simulator):
    return [make_simulator(seed=seed) for seed in range(2)]


def test_members_move_as_they_would_alone(members):
    start = scene(jnp.float32)
    together = roll(Ensemble(members), start)
    assert together.frames.position.shape[1] == 2 * len(start.position)
    for index, member in enumerate(members):
        alone, own = roll(member, start), member_trajectory(together, index, 2)
        np.testing.assert_allclose(own.frames.position, alone.frames.position, atol=1e-6)
        np.testing.assert_allclose(own.initial.position, start.position)
    difference = together.frames.position[:, :25] - together.frames.position[:, 25:]
    assert float(jnp.abs(difference).max()) > 1e-5


def test_scores_are_means_over_the_members(members):
    score = RegionFraction((0.0, 0.2), (0.05, 0.3))
    together = roll(Ensemble(members), scene(jnp.float32))
    own = [score(member_trajectory(together, i, 2), None) for i in range(2)]
    np.testing.assert_allclose(score(together, None), np.mean(own), rtol=1e-6)


def test_disagreement_costs(members):
    together = roll(Ensemble(members), scene(jnp.float32))
    values = np.asarray(Cautious(REWARD, 2).values(together, None))
    assert abs(values[0] - values[1]) > 1e-6
    for aversion in (0.0, 1.0, 3.0):
        expected = values.mean() + aversion * values.std()
        found = Cautious(REWARD, 2, aversion)(together, None)
        np.testing.assert_allclose(found, expected, atol=1e-5 + 4e-4 * aversion)
    # The mean of the members' rewards and the reward of all particles: sums in another order.
    plain = Cautious(REWARD, 2, 0.0)(together, None)
    np.testing.assert_allclose(plain, REWARD(together, None), rtol=1e-6)


@pytest.mark.slow  # compiles for long
def test_members_that_agree_have_a_finite_gradient(members):
    start = scene(jnp.float32)
    twins = Ensemble([members[0], members[0]])

    def value(shift):
        moved = eqx.tree_at(lambda s: s.velocity, start, start.velocity + shift)
        return Cautious(REWARD, 2)(roll(twins, moved), None)

    slope = jax.grad(value)(jnp.zeros((1, 2)))
    assert bool(jnp.isfinite(slope).all()) and float(jnp.abs(slope).max()) > 0


def test_an_overflow_in_one_member_is_told_and_cured(make_simulator):
    small, large = make_simulator(edges_per_node=1.0), make_simulator(seed=1)
    ensemble = Ensemble([small, large])
    start = scene(jnp.float32)
    assert int(roll(ensemble, start).result) == RESULTS.capacity_exceeded.value
    grown = ensemble.grow(16.0)
    assert isinstance(grown, Ensemble) and int(roll(grown, start).result) == 0


def test_wrong_ensembles_are_refused(members):
    with pytest.raises(ValueError, match="`Ensemble` needs members"):
        Ensemble([])
    slower = dataclasses.replace(members[1], dt=0.02)
    with pytest.raises(ValueError, match="frames of one length"):
        Ensemble([members[0], slower])
    with pytest.raises(ValueError, match="`Cautious` needs"):
        Cautious(REWARD, 1)
    with pytest.raises(ValueError, match="`Cautious` needs"):
        Cautious(REWARD, 2, -1.0)
