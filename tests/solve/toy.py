"""A quadratic bowl that fails as simulators do, and a run through it that may be killed."""

import dataclasses
import math
import sys
import time
from pathlib import Path

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np

from invdesign._evaluation import Evaluation
from invdesign._results import RESULTS
from invdesign._solve import solve
from invdesign.optimizers import CMAES, Adam, Then
from invdesign.spaces import Box

KEY = jax.random.key(11)
CLOCK = "seconds"
TRACES = []


class Bowl(eqx.Module):
    """The part of a task the driver uses."""

    space: Box


class Toy(eqx.Module):
    """A quadratic bowl with the failures of a simulator.

    - Latents with any entry above `wall` fail.
    - Latents further than `reach` times the capacity from the origin need more capacity.
    """

    task: Bowl
    target: jax.Array
    wall: float = math.inf
    reach: float = math.inf
    capacity: int = eqx.field(static=True, default=1)
    largest: int = eqx.field(static=True, default=64)
    flat: bool = eqx.field(static=True, default=False)
    offset: float = eqx.field(static=True, default=0.0)
    steps_per_evaluation: int = eqx.field(static=True, default=20)
    gradient_cost: float = eqx.field(static=True, default=3.5)

    def value(self, latent):
        value = ((latent - self.target) ** 2).sum() + self.offset
        return 0.0 * value + 1.0 if self.flat else value

    def evaluate(self, latent, *, order):
        TRACES.append(order)
        value, grad = self.value(latent), None
        if order == 1:
            value, grad = jax.value_and_grad(self.value)(latent)
        distance = jnp.linalg.norm(latent)
        result = jnp.where(latent.max() > self.wall, int(RESULTS.nonfinite_state), 0)
        overflow = distance > self.reach * self.capacity
        result = jnp.where(overflow, int(RESULTS.capacity_exceeded), result).astype(jnp.int32)
        # What the driver must not let through: garbage of a failed simulation.
        value = jnp.where(result != 0, jnp.nan, value)
        return Evaluation(value, grad, -value, jnp.zeros((0,)), None, result)

    def grow(self, factor):
        if self.capacity * factor > self.largest:
            raise ValueError(f"The toy holds {self.largest} at most.")
        return dataclasses.replace(self, capacity=self.capacity * factor)


def toy(target=(0.5, -0.25, 0.1), **options):
    space = Box(-jnp.ones(3), jnp.ones(3))
    return Toy(Bowl(space), jnp.asarray(target), **options)


def columns(solution):
    """The history without the clock."""
    return {n: c for n, c in solution.history.columns.items() if n != CLOCK}


def assert_same_history(first, second):
    for name, column in columns(first).items():
        np.testing.assert_array_equal(column, columns(second)[name], err_msg=name)
    np.testing.assert_array_equal(first.latent, second.latent)


def long_run(folder, pause=0.0):
    """Two phases and a growth; slowed down, it is what the process that gets killed does."""
    return solve(
        toy(reach=0.2),
        Then(CMAES(population=4), Adam(0.02), steps=20),
        key=KEY,
        max_steps=60,
        checkpoint=folder,
        fingerprint="toy",
        save_every=0.0,
        callback=lambda record: time.sleep(pause),
    )


if __name__ == "__main__":
    long_run(Path(sys.argv[1]), pause=0.1)
