"""Checkpoints of something else, and damaged ones, are refused."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from invdesign._evaluation import Evaluation
from invdesign._solve import solve
from invdesign.optimizers import BFGS, CEM, CMAES, Adam, Optax
from invdesign.spaces import Box

from .toy import KEY, Bowl, toy


def test_a_checkpoint_of_something_else_is_refused(tmp_path):
    file = tmp_path / "run.npz"
    settings = {"key": KEY, "max_steps": 2, "checkpoint": file, "fingerprint": "a"}
    solve(toy(), Adam(0.1), **settings)
    before = file.read_bytes()
    for change, what in (
        ({"fingerprint": "b"}, "another configuration"),
        ({"key": jax.random.key(1)}, "another key"),
        ({"initial": jnp.ones(3)}, "another initial latent"),
    ):
        with pytest.raises(ValueError, match=f"holds a run with {what}"):
            solve(toy(), Adam(0.1), **{**settings, **change})
    for optimizer in (BFGS(), CMAES(), CEM()):
        with pytest.raises(ValueError, match="another optimizer"):
            solve(toy(), optimizer, **settings)
    assert file.read_bytes() == before


class Plain(eqx.Module):
    """A bowl whose steepness is a Python number, in a function that closes over it."""

    task: Bowl
    value: object
    steps_per_evaluation: int = eqx.field(static=True, default=1)
    gradient_cost: float = eqx.field(static=True, default=1.0)

    def evaluate(self, latent, *, order):
        value, grad = jax.value_and_grad(self.value)(latent)
        code = jnp.zeros((), jnp.int32)
        return Evaluation(value, grad, -value, jnp.zeros((0,)), None, code)

    def grow(self, factor):
        return self


def plain(steepness=1.0):
    return Plain(Bowl(Box(-jnp.ones(3), jnp.ones(3))), lambda x: steepness * jnp.sum((x - 1) ** 2))


def sgd(rate):
    return Optax(optax.chain(optax.clip_by_global_norm(1.0), optax.sgd(rate)))


def test_without_a_fingerprint_problem_and_optimizer_are_told_apart(tmp_path):
    """A checkpoint goes on with what is equal, and with nothing that differs in one number."""
    settings = {"key": KEY, "max_steps": 2, "checkpoint": tmp_path}
    solve(plain(), sgd(0.1), **settings)
    more = solve(plain(), sgd(0.1), **settings | {"max_steps": 3})
    assert len(more.history) == 3
    for problem, optimizer in ((plain(2.0), sgd(0.1)), (plain(), sgd(0.2))):
        with pytest.raises(ValueError, match="another configuration"):
            solve(problem, optimizer, **settings)
    generator = (number for number in range(3))
    with pytest.raises(ValueError, match=r"`problem\.value.*generator.*`fingerprint`"):
        solve(plain(generator), sgd(0.1), **settings)


@pytest.mark.parametrize(
    "damage", [lambda b: b[:200], lambda b: b"", lambda b: b[:-50] + b"x" * 50]
)
def test_a_damaged_checkpoint_is_refused(tmp_path, damage):
    file = tmp_path / "run.npz"
    solve(toy(), Adam(0.1), key=KEY, max_steps=2, checkpoint=file)
    damaged = damage(file.read_bytes())
    file.write_bytes(damaged)
    with pytest.raises(ValueError, match=r"`.*` is not"):
        solve(toy(), Adam(0.1), key=KEY, max_steps=2, checkpoint=file)
    assert file.read_bytes() == damaged


def test_a_file_of_another_kind_is_refused(tmp_path):
    np.savez(tmp_path / "solve.npz", positions=np.zeros(3))
    with pytest.raises(ValueError, match="is not a checkpoint of `solve`"):
        solve(toy(), Adam(0.1), key=KEY, max_steps=2, checkpoint=tmp_path)
