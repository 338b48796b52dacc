"""Products: parts that are told apart wherever neighbors mean something."""

import jax.numpy as jnp
import numpy as np
import pytest

from invdesign._rollout import Trajectory
from invdesign.objectives import SelfCrossing, Smoothness
from invdesign.optimizers._coupled import couple
from invdesign.spaces import Box, JointChain, Product, Rotors
from invdesign.spaces._product import places_of

NO_WATER = Trajectory(initial=None, frames=None, final=None, result=jnp.asarray(0))
CHAINS = Product((JointChain(3, 0.3, (0.2, 0.5)), JointChain(5, 0.3, (0.7, 0.5))))


def test_smoothness_is_blind_to_the_step_between_two_chains():
    """Two arcs of different bends are both smooth; steps within count once each."""
    bends = np.r_[[0.1] * 3, [-0.4] * 5]
    assert Smoothness()(NO_WATER, CHAINS.decode(CHAINS.encode(bends))) == pytest.approx(
        0, abs=1e-12
    )
    bends[1] += 0.2  # two steps of 0.2 among the 2 + 4
    design = CHAINS.decode(CHAINS.encode(bends))
    assert Smoothness()(NO_WATER, design) == pytest.approx(2 * 0.2**2 / 6, rel=1e-4)
    nested = Product((CHAINS, Box([0.0], [1.0])))
    design = nested.decode(nested.encode([*bends, 0.3]))
    assert Smoothness()(NO_WATER, design) == pytest.approx(2 * 0.2**2 / 6, rel=1e-4)


def test_the_end_of_one_chain_may_not_cross_the_start_of_the_next():
    """Consecutive in order, and no neighbors: alone the two links would not count."""
    cross = Product(
        (JointChain(1, 0.4, (0.3, 0.5)), JointChain(1, 0.4, (0.5, 0.3), base_angle=1.57))
    )
    design = cross.decode(cross.encode([0.0, 0.0]))
    assert SelfCrossing(0.04)(NO_WATER, design) > 1
    apart = Product((JointChain(1, 0.1, (0.1, 0.5)), JointChain(1, 0.1, (0.8, 0.5))))
    assert SelfCrossing(0.04)(NO_WATER, apart.decode(apart.encode([0.0, 0.0]))) == 0


def test_gradients_are_shared_within_a_part_alone():
    space = Product((CHAINS, Rotors([[0.2, 0.2], [0.8, 0.2]], 0.1), Box([0.0, 0.0], [1.0, 1.0])))
    places = places_of(space)
    assert places.shape == (space.size, 3) and np.isfinite(places).all()
    parts = (range(0, 3), range(3, 8), range(8, 10), range(10, 11), range(11, 12))
    for part in parts:
        for index in part:
            shared = couple(jnp.eye(space.size)[index], places, jnp.asarray(0.5))
            assert {int(i) for i in np.flatnonzero(np.abs(shared) > 1e-6)} == set(part)
    # Within a part as if it were alone.
    chain = CHAINS.spaces[1]
    alone = np.linalg.norm(chain.places()[:, None] - chain.places()[None], axis=-1)
    within = np.linalg.norm(places[3:8, None] - places[None, 3:8], axis=-1)
    np.testing.assert_allclose(within, alone, atol=1e-5)


def test_a_space_without_neighbors_has_no_places():
    assert places_of(Product((Box([0.0], [1.0]), Box([0.0], [1.0])))) is None
    np.testing.assert_array_equal(places_of(CHAINS.spaces[0]), CHAINS.spaces[0].places())
