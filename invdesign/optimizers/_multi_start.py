"""Several searches side by side."""

from collections.abc import Callable
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp

from .._checks import checked_count, checked_latent, checked_number
from .._evaluation import Evaluation
from .._types import Array, Bool, Latent, Latents, PRNGKeyArray, Scalar, as_float
from ._base import AbstractOptimizer
from ._random_search import draw

_MOST_STARTS = 1_000  # each has a state of its own, which the host goes through one by one


class MultiStart(AbstractOptimizer):
    """Runs an optimizer from several starts at once, as one population.

    Descent from scratch fails on problems with many minima: most of what a restart finds is
    worse, and the driver keeps the best. The first start is the given latent, the others are
    drawn. A start whose evaluation fails goes back by itself and disturbs no other.

    **Arguments:**

    - `optimizer`: any optimizer; every start has a state of its own.
    - `num_starts`: 1 to 1,000; an iteration costs this many times the optimizer's population.
    - `std`: standard deviation in latent units of the other starts around the first.
    - `sample`: draws a start as `sample(key=key)` instead, e.g. `task.space.sample`.

    **Raises:** `ValueError` if one of them is out of its range.
    """

    optimizer: AbstractOptimizer
    num_starts: int = eqx.field(static=True, default=8)
    std: Scalar = eqx.field(converter=as_float, default=1.0)
    sample: Callable[..., Latent] | None = None

    def __check_init__(self):
        checked_count(self.num_starts, "num_starts", "MultiStart", most=_MOST_STARTS)
        checked_number(self.std, "std", "MultiStart", above=0)

    @property
    def order(self) -> int:
        return self.optimizer.order

    def init(self, latent: Latent, *, key: PRNGKeyArray) -> tuple[Any, ...]:
        latent = checked_latent(latent, "MultiStart")
        draw_key, *keys = jax.random.split(key, self.num_starts + 1)
        others = draw(self.sample, self.std, latent, self.num_starts - 1, draw_key)
        starts = [latent, *others]
        return tuple(
            self.optimizer.init(start, key=k) for start, k in zip(starts, keys, strict=True)
        )

    def ask(self, state: tuple[Any, ...], *, key: PRNGKeyArray) -> Latents:
        keys = jax.random.split(key, self.num_starts)
        asked = [self.optimizer.ask(s, key=k) for s, k in zip(state, keys, strict=True)]
        return jnp.concatenate(asked)

    def tell(
        self, state: tuple[Any, ...], candidates: Latents, evaluation: Evaluation
    ) -> tuple[Any, ...]:
        size = candidates.shape[0] // self.num_starts

        def of_start(index: int):
            part = slice(index * size, (index + 1) * size)
            return jax.tree.map(lambda x: x[part], (candidates, evaluation))

        # A loop, not `vmap`: optimizers that run on the host take part as well.
        return tuple(self.optimizer.tell(s, *of_start(i)) for i, s in enumerate(state))

    def done(self, state: tuple[Any, ...]) -> Bool[Array, ""]:
        return jnp.stack([jnp.asarray(self.optimizer.done(s)) for s in state]).all()
