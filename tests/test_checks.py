"""Keys, latents, counts and numbers: one place says what may be given."""

import inspect

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from invdesign._checks import (
    checked_count,
    checked_key,
    checked_kind,
    checked_latent,
    checked_number,
)
from invdesign.optimizers import CEM, CMAES, Adam, CosineDecay, MultiStart, RandomSearch
from invdesign.spaces import Box
from invdesign.spaces._bounded import sample_uniform, squash

# As users call them: under the tests a checker of annotations would speak first.
KEY, LATENT = inspect.unwrap(checked_key), inspect.unwrap(checked_latent)


@pytest.mark.parametrize("key", [jax.random.key(3), jax.random.PRNGKey(3)])
def test_both_kinds_of_keys_are_keys(key):
    assert KEY(key, "solve") is key


@pytest.mark.parametrize(
    "key", [0, np.uint32(0), None, "0", np.zeros(2), jax.random.split(jax.random.key(0), 2)]
)
def test_what_is_no_key_is_told_how_to_make_one(key):
    with pytest.raises(ValueError, match=r"`solve` needs a random key.*jax\.random\.key\(0\)"):
        KEY(key, "solve")


@pytest.mark.parametrize("latent", [[1, 2], np.array([1, 2]), jnp.array([1, 2])])
def test_integers_become_floats(latent):
    found = LATENT(latent, "solve", 2)
    assert found.dtype == jnp.zeros(()).dtype and found.tolist() == [1.0, 2.0]


@pytest.mark.parametrize(
    "latent",
    [None, "12", {}, [1, [2]], [True, False], [1j, 2.0], 3.0, [[1.0, 2.0]], [1.0, 2.0, 3.0]],
)
def test_what_is_no_latent_is_refused(latent):
    with pytest.raises(ValueError, match="`solve` needs a latent of 2 numbers, got"):
        LATENT(latent, "solve", 2)


@pytest.mark.parametrize("bad", [np.nan, np.inf, 1e300])
def test_numbers_that_are_not_finite_are_found(bad):
    with pytest.raises(ValueError, match=r"needs finite numbers, got .* at 1"):
        LATENT([1.0, bad], "solve", 2)


def test_a_traced_latent_is_checked_by_shape_and_kind():
    assert jax.jit(lambda z: LATENT(z, "solve", 2))(jnp.arange(2)).tolist() == [0.0, 1.0]
    with pytest.raises(ValueError, match="a latent of 3 numbers"):
        jax.jit(lambda z: LATENT(z, "solve", 3))(jnp.arange(2))


@pytest.mark.parametrize("value", [0, 11, True, 1.0, "3", None, float("nan"), 10**30])
def test_counts(value):
    assert checked_count(np.int64(3), "n", "solve", most=10) == 3
    with pytest.raises(ValueError, match=r"`solve` needs .*n [<>]= "):
        checked_count(value, "n", "solve", most=10)


@pytest.mark.parametrize(
    "value", [0.0, 1.5, True, "1", None, float("nan"), float("inf"), 10**400, np.ones(2)]
)
def test_numbers(value):
    assert checked_number(jnp.asarray(0.5), "x", "Adam", above=0, most=1) == 0.5
    with pytest.raises(ValueError, match="`Adam` needs 0 < x <= 1, got"):
        checked_number(value, "x", "Adam", above=0, most=1)


def test_only_none_is_none():
    assert checked_number(None, "x", "Adam", optional=True) is None
    assert checked_count(None, "n", "Adam", optional=True) is None
    with pytest.raises(ValueError, match="x > 0 or None"):
        checked_number(0, "x", "Adam", above=0, optional=True)


def test_arguments_in_another_order_are_named():
    with pytest.raises(ValueError, match="`Problem` needs a task of type `Box`, got"):
        checked_kind(Adam(), Box, "a task", "Problem")


@pytest.mark.parametrize(
    "make",
    [
        lambda: Adam(np.inf),
        lambda: CosineDecay(np.nan, 0.0, 3),
        lambda: CEM(population=10**9),
        lambda: CEM(population=True, num_elites=1),
        lambda: CMAES(population=10**30),
        lambda: RandomSearch(population=10**9),
        lambda: MultiStart(Adam(), num_starts=10**6),
    ],
)
def test_optimizers_refuse_what_they_could_not_hold_or_follow(make):
    with pytest.raises(ValueError, match="needs"):
        inspect.unwrap(make)()


def test_an_integer_latent_is_no_other_design():
    """Bounds in the latent's own type would be cut off to integers."""
    box = Box([0.0, 0.0], [0.5, 0.25])
    with pytest.raises(ValueError, match="floating-point numbers, got int32"):
        inspect.unwrap(squash)(jnp.zeros(2, int), box.lower, box.upper)


def test_a_seed_draws_no_design():
    with pytest.raises(ValueError, match="`sample` needs a random key, got 3"):
        inspect.unwrap(sample_uniform)(2, float, key=3)
