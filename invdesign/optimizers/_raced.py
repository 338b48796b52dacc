"""Candidates that have to earn their evaluation on all conditions."""

from typing import Any

import equinox as eqx

from .._checks import checked_count
from .._evaluation import Evaluation
from .._types import Array, Bool, Latent, Latents, PRNGKeyArray
from ._base import AbstractGuided, AbstractOptimizer, guided


class Raced(AbstractGuided):
    """Has a population simulated on one condition, and only its promising part on all.

    Most candidates of a population show on any one condition that they are no good. `solve`
    evaluates all of them on one, in turn from iteration to iteration, and the `promising` ones,
    the best there of those that meet the constraints, on all others as well. With $P$ candidates,
    $K$ promising ones and $C$ conditions an iteration costs $P + K (C - 1)$ rollouts, not $P C$,
    and is charged so. Only a candidate that was evaluated on all conditions becomes champion.

    The rest counts as worse than the promising ones, by what it was worse on the one condition: an
    order, for optimizers that rank. On a single condition, or where all are promising, nothing
    changes. It has to be the outermost, within `Then` at most.

    Source: after the races of Maron and Moore (1994), Hoeffding races.

    **Arguments:** `optimizer`: any optimizer; `promising`: at least 1.

    **Raises:** `ValueError` if `promising` is below 1; in `solve` if constraints of the task look
    at the simulation, which have an entry a condition.
    """

    optimizer: AbstractOptimizer
    promising: int = eqx.field(static=True, default=3)

    def __check_init__(self):
        checked_count(self.promising, "promising", "Raced")

    @property
    def order(self) -> int:
        return self.optimizer.order

    @property
    def guided(self) -> bool:
        return guided(self.optimizer)

    def init(self, latent: Latent, *, key: PRNGKeyArray) -> Any:
        return self.optimizer.init(latent, key=key)

    def ask(self, state: Any, *, key: PRNGKeyArray) -> Latents:
        return self.optimizer.ask(state, key=key)

    def tell(self, state: Any, candidates: Latents, evaluation: Evaluation) -> Any:
        return self.optimizer.tell(state, candidates, evaluation)

    def done(self, state: Any) -> Bool[Array, ""] | bool:
        return self.optimizer.done(state)
