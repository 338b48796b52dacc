"""Several searches that begin side by side, of which the best goes on."""

from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np

from .._checks import checked_count, checked_latent, checked_number
from .._evaluation import Evaluation
from .._types import Array, Bool, Latent, Latents, PRNGKeyArray, Scalar, as_float
from ._base import AbstractOptimizer
from ._random_search import draw


class HalvingState(eqx.Module):
    """State of searches of which the worse are dropped.

    **Arguments:**

    - `runs`: the state of every search, of those that were dropped as they stood then.
    - `order`: their numbers, those that go on in front.
    - `lowest`: the lowest value that each has found.
    - `count`: iterations.
    """

    runs: tuple[Any, ...]
    order: np.ndarray
    lowest: np.ndarray
    count: np.ndarray


class Halving(AbstractOptimizer):
    """Begins several searches, drops the worse half after a few iterations, and so on to the best.

    Which width of a sampler or which start suits a problem is seen only when it has been tried. In
    each round every search that is left takes `steps` iterations, one search after the other; then
    those with the lowest values go on from where they stand, half of them, rounded up. The last
    one has the rest of the run. Two searches cost `steps` iterations of the one that is dropped.

    Values alone are compared: with constraints, put it into what makes values of them, as in
    `FeasibleFirst(Halving((CMAES(initial_std=0.25), CMAES(initial_std=0.6))), ...)`.

    Source: Jamieson and Talwalkar (2016), Non-stochastic best arm identification and
    hyperparameter optimization, arXiv 1502.07943, figure 3.

    **Arguments:**

    - `optimizers`: at least one, all of one order and population.
    - `steps`: iterations of each search in a round, at least 1.
    - `std`: standard deviation in latent units of the other starts around the first, 0 for one
      start of all.

    **Raises:** `ValueError` if one of them is out of its range or the optimizers differ in order;
    on `init` if they differ in population.
    """

    optimizers: tuple[AbstractOptimizer, ...] = eqx.field(converter=tuple)
    steps: int = eqx.field(static=True, default=4)
    std: Scalar = eqx.field(converter=as_float, default=0.0)

    def __check_init__(self):
        checked_count(self.steps, "steps", "Halving")
        checked_number(self.std, "std", "Halving", least=0)
        orders = {optimizer.order for optimizer in self.optimizers}
        if len(orders) != 1:
            raise ValueError(
                "`Halving` needs one optimizer or more, all with gradients or all without; got "
                f"{len(self.optimizers)} of {len(orders)} kinds."
            )

    @property
    def order(self) -> int:
        return self.optimizers[0].order

    def init(self, latent: Latent, *, key: PRNGKeyArray) -> HalvingState:
        latent = checked_latent(latent, "Halving")
        number = len(self.optimizers)
        draw_key, *keys = jax.random.split(key, number + 1)
        starts = [latent] * number
        if float(self.std) > 0:
            starts = [latent, *draw(None, self.std, latent, number - 1, draw_key)]
        together = zip(self.optimizers, starts, keys, strict=True)
        runs = tuple(optimizer.init(start, key=k) for optimizer, start, k in together)
        asked = zip(self.optimizers, runs, strict=True)
        populations = {len(optimizer.ask(run, key=key)) for optimizer, run in asked}
        if len(populations) > 1:
            raise ValueError(
                "`Halving` needs optimizers that ask for equally many candidates, got "
                f"populations of {', '.join(map(str, sorted(populations)))}."
            )
        return HalvingState(runs, np.arange(number), np.full(number, np.inf), np.asarray(0))

    def ask(self, state: HalvingState, *, key: PRNGKeyArray) -> Latents:
        now = self._turn(state)
        return self.optimizers[now].ask(state.runs[now], key=key)

    def tell(
        self, state: HalvingState, candidates: Latents, evaluation: Evaluation
    ) -> HalvingState:
        now, runs, lowest = self._turn(state), list(state.runs), state.lowest.copy()
        runs[now] = self.optimizers[now].tell(runs[now], candidates, evaluation)
        value = np.asarray(evaluation.value, np.float64)
        lowest[now] = min(lowest[now], np.where(np.isfinite(value), value, np.inf).min())
        left, place = self._place(int(state.count))
        order = state.order
        if place == left * self.steps - 1:  # the end of a round
            best = np.argsort(lowest[order[:left]], kind="stable")
            order = np.concatenate([order[:left][best], order[left:]])
        return HalvingState(tuple(runs), order, lowest, np.asarray(int(state.count) + 1))

    def done(self, state: HalvingState) -> Bool[Array, ""] | bool:
        left, _ = self._place(int(state.count))
        now = self._turn(state)
        return self.optimizers[now].done(state.runs[now]) if left == 1 else jnp.asarray(False)

    def _place(self, count: int) -> tuple[int, int]:
        """How many searches are left at an iteration, and which iteration of the round it is."""
        left = len(self.optimizers)
        while left > 1 and count >= left * self.steps:
            count, left = count - left * self.steps, -(-left // 2)
        return left, count

    def _turn(self, state: HalvingState) -> int:
        """The number of the search whose turn it is."""
        left, place = self._place(int(state.count))
        return int(state.order[min(place // self.steps, left - 1)])
