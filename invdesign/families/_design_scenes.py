"""Scenes with a task's own random designs: what an optimizer shows a simulator."""

from typing import Any

import jax

from .._problem import num_conditions
from .._task import Task


def design_scenes(task: Task, seed: int, number: int) -> list[Any]:
    """Random designs of a task, each on one of its unseen conditions, as scenes.

    **Raises:** `ValueError` if `number` is below 1.
    """
    if number < 1:
        raise ValueError(f"`design_scenes` needs a number of at least 1, got {number}.")
    conditions = num_conditions(task.unseen)
    scenes = []
    for index, key in enumerate(jax.random.split(jax.random.key(seed), number)):
        condition = jax.tree.map(lambda x, i=index % conditions: x[i], task.unseen)
        design = task.space.decode(task.space.sample(key=key))
        scenes.append(task.build(design, condition))
    return scenes
