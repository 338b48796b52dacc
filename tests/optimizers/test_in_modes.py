"""Searches over the amplitudes of a few modes."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from invdesign._evaluation import Evaluation
from invdesign.optimizers import CMAES, Adam, InModes, widest_modes
from invdesign.spaces import HeightField

KEY = jax.random.key(0)
SMOOTH = jnp.sin(jnp.linspace(0.0, 3.0, 100))


def bowl(latents):
    """A smooth shape is wanted of a hundred numbers."""
    value = jnp.mean((latents - SMOOTH[None]) ** 2, axis=1)
    number = len(latents)
    return Evaluation(
        value=value,
        grad=2 * (latents - SMOOTH[None]) / latents.shape[1],
        score=-value,
        constraints=jnp.zeros((number, 0)),
        jacobian=None,
        result=jnp.zeros(number, jnp.int32),
    )


def searched(optimizer, start, steps):
    """The lowest value of so many iterations, and the last candidates."""
    state, lowest = optimizer.init(start, key=KEY), np.inf
    for step in range(steps):
        candidates = optimizer.ask(state, key=jax.random.fold_in(KEY, step))
        evaluation = bowl(candidates)
        lowest = min(lowest, float(evaluation.value.min()))
        state = optimizer.tell(state, candidates, evaluation)
    return lowest, candidates


def test_few_smooth_modes_are_found_where_a_hundred_numbers_are_not():
    places = jnp.linspace(0, 1, 100)[:, None]
    modes = widest_modes(places, width=0.15)
    assert modes.shape[1] < 15
    start = jnp.full(100, 0.3)
    few, _ = searched(InModes(CMAES(16, initial_std=0.25), modes), start, 40)
    all_of_them, _ = searched(CMAES(16, initial_std=0.25), start, 40)
    assert few < 0.01
    assert 5 * few < all_of_them


def test_every_candidate_is_the_start_and_a_sum_of_modes():
    modes = jax.random.normal(KEY, (100, 3))
    start = jnp.linspace(-1, 1, 100)
    _, candidates = searched(InModes(CMAES(), modes), start, 2)
    rest = (candidates - start[None]).T
    within = modes @ jnp.linalg.lstsq(modes, rest)[0]
    assert np.allclose(within, rest, atol=1e-5)
    assert np.abs(rest).max() > 0.1


def test_noise_in_the_start_is_left_behind_where_the_middle_is_another():
    """The search begins at the sum of modes that is closest, and sees nothing but such sums."""
    modes = widest_modes(jnp.linspace(0, 1, 100)[:, None], width=0.3)
    smooth = 0.5 + modes @ jnp.linspace(-1, 1, modes.shape[1])
    noise = 0.1 * jax.random.normal(KEY, (100,))
    noise = noise - modes @ jnp.linalg.lstsq(modes, noise)[0]
    optimizer = InModes(Adam(0.1), modes, jnp.full(100, 0.5))
    first = optimizer.ask(optimizer.init(smooth + noise, key=KEY), key=KEY)
    assert np.allclose(first[0], smooth, atol=1e-3)
    kept = InModes(Adam(0.1), modes)
    first = kept.ask(kept.init(smooth + noise, key=KEY), key=KEY)
    assert np.allclose(first[0], smooth + noise, atol=1e-5)


def test_a_gradient_is_that_of_the_amplitudes():
    """One step of Adam from zero amplitudes goes by its rate against the sign of each slope."""
    modes = jnp.stack([SMOOTH, jnp.cos(7 * jnp.arange(100))], axis=1)
    optimizer, start = InModes(Adam(0.1), modes), jnp.zeros(100)
    state = optimizer.init(start, key=KEY)
    first = optimizer.ask(state, key=KEY)
    state = optimizer.tell(state, first, bowl(first))
    moved = jnp.linalg.lstsq(modes, (optimizer.ask(state, key=KEY)[0] - start))[0]
    slopes = modes.T @ bowl(first).grad[0]
    assert np.allclose(moved, -0.1 * jnp.sign(slopes), atol=1e-4)


def test_widest_modes_make_a_field_of_unit_variance():
    space = HeightField(12)
    modes = np.asarray(widest_modes(space.places(), width=0.3, most=144))
    assert np.allclose((modes**2).sum(axis=1), 1.0, atol=0.02)
    norms = np.linalg.norm(modes, axis=0)
    assert (np.diff(norms) <= 1e-6).all()
    assert np.allclose(modes.T @ modes, np.diag(norms**2), atol=1e-4)
    assert np.allclose(modes[:, :5], widest_modes(space.places(), width=0.3, most=5), atol=1e-6)


@pytest.mark.parametrize(
    ("modes", "said"),
    [
        (jnp.zeros(3), "shape"),
        (jnp.ones((2, 3)), "no more of them than parameters"),
        (jnp.ones((4, 2)), "none is a sum of others"),
    ],
)
def test_refuses_modes_that_are_none(modes, said):
    with pytest.raises(ValueError, match=said):
        InModes(CMAES(), modes)


def test_refuses_another_length_and_widths_without_sense():
    with pytest.raises(ValueError, match="modes of 4 parameters; the design has 3"):
        InModes(CMAES(), jnp.eye(4)).init(jnp.zeros(3), key=KEY)
    with pytest.raises(ValueError, match=r"modes of 4 parameters, and a middle of shape \(3,\)"):
        InModes(CMAES(), jnp.eye(4), jnp.zeros(3))
    with pytest.raises(ValueError, match="width"):
        widest_modes(jnp.zeros((3, 1)), width=0.0)
    with pytest.raises(ValueError, match="most"):
        widest_modes(jnp.zeros((3, 1)), most=0)
