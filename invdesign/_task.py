"""What is wanted, independent of any simulator and any optimizer."""

from collections.abc import Callable
from typing import Any

import equinox as eqx

from .objectives._base import AbstractConstraint, AbstractObjective, AbstractScore
from .spaces._base import AbstractSpace


class Task(eqx.Module):
    """A design task: data, never subclassed.

    **Arguments:**

    - `name`: as used in file names.
    - `space`: where designs live.
    - `build`: an `eqx.Module` with `build(design, condition) -> scene`.
    - `conditions`: the scenes optimised on, a pytree with a leading axis.
    - `unseen`: conditions that are only judged on; scores are reported on these.
    - `objective`: the smooth value that is minimised (regularisers included).
    - `score`: what is reported, higher is better.
    - `num_steps`: the horizon in frames of the simulator.
    - `constraints`: what has to hold; `solve` takes only optimizers that honour them.
    - `metrics`: further figures of a design by name, reported beside the score.
    - `region`: lower and upper corner of the goal, for figures, or `None`.
    """

    name: str = eqx.field(static=True)
    space: AbstractSpace
    build: Callable[[Any, Any], Any]
    conditions: Any
    unseen: Any
    objective: AbstractObjective
    score: AbstractScore
    num_steps: int = eqx.field(static=True)
    constraints: tuple[AbstractConstraint, ...] = ()
    metrics: dict[str, AbstractScore] = eqx.field(default_factory=dict)
    region: Any = None
