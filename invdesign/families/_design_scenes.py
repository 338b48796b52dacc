"""Scenes with a task's own random designs: what an optimizer shows a simulator."""

from typing import Any

import equinox as eqx
import jax

from .._problem import Missed, num_conditions
from .._task import Task
from .._types import Latent


def design_scenes(task: Task, seed: int, number: int) -> list[Any]:
    """Random designs of a task, each on one of its unseen conditions, as scenes.

    **Raises:** `ValueError` if `number` is below 1.
    """
    conditions = num_conditions(task.unseen)
    scenes = []
    for index, latent in enumerate(_latents(task, seed, number)):
        condition = jax.tree.map(lambda x, i=index % conditions: x[i], task.unseen)
        scenes.append(task.build(task.space.decode(latent), condition))
    return scenes


def feasible_share(task: Task, seed: int, number: int) -> float:
    """Share of those designs that miss no constraint, as far as that takes no simulation.

    **Raises:** `ValueError` if `number` is below 1.
    """
    geometric = tuple(each for each in task.constraints if not each.simulated)
    missed = eqx.filter_jit(Missed(task.space, geometric))
    met = [bool((missed(latent) <= 1).all()) for latent in _latents(task, seed, number)]
    return sum(met) / number


def _latents(task: Task, seed: int, number: int) -> list[Latent]:
    if number < 1:
        raise ValueError(f"`design_scenes` needs a number of at least 1, got {number}.")
    keys = jax.random.split(jax.random.key(seed), number)
    return [task.space.sample(key=key) for key in keys]
