"""What the driver takes and refuses."""

import inspect

import jax.numpy as jnp
import numpy as np
import pytest

from invdesign._solve import solve
from invdesign.optimizers import CMAES, Adam

from .toy import KEY, assert_same_history, toy


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({}, "needs `max_steps` or `budget`"),
        ({"max_steps": 0}, "max_steps >= 1, got 0"),
        ({"budget": 69}, "budget of at least 70 simulator steps.*`Adam` costs, got 69"),
        ({"max_steps": 1, "chunk": 0}, "chunk >= 1 or None, got 0"),
        ({"max_steps": 1, "max_failures": 0}, "max_failures >= 1, got 0"),
        ({"max_steps": 1, "initial": jnp.zeros(4)}, r"a latent of 3 numbers, got shape \(4,\)"),
        ({"max_steps": 1, "initial": jnp.asarray([0, jnp.nan, 0])}, "finite.*got nan at 1"),
    ],
)
def test_bad_arguments(options, message):
    with pytest.raises(ValueError, match=message):
        solve(toy(), Adam(0.1), key=KEY, **options)


def test_an_integer_start_is_the_same_start():
    """CMA-ES would ask for its start over and over, cut off to integers."""
    optimizer = CMAES(population=4, initial_std=0.1)
    whole = solve(toy(), optimizer, key=KEY, max_steps=3, initial=np.zeros(3, int))
    assert_same_history(whole, solve(toy(), optimizer, key=KEY, max_steps=3, initial=np.zeros(3)))
    assert len(set(whole.history["value"])) == 3


def test_a_seed_is_no_key():
    with pytest.raises(ValueError, match=r"write `key=jax\.random\.key\(0\)`"):
        inspect.unwrap(solve)(toy(), Adam(0.1), key=0, max_steps=1)


def test_a_task_is_no_problem():
    with pytest.raises(ValueError, match="needs a problem of type `ProblemLike`, got"):
        inspect.unwrap(solve)(toy().task, Adam(0.1), key=KEY, max_steps=1)
