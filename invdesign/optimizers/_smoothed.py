"""Descent on a landscape that noise has smoothed."""

from collections.abc import Callable
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp

from .._checks import checked_number
from .._evaluation import Evaluation
from .._types import Array, Int, Latent, Latents, PRNGKeyArray, Scalar
from ._adam import number_or_schedule
from ._base import AbstractOptimizer
from ._first_order import AbstractFirstOrder, FirstOrderState, usable


class SmoothedState(eqx.Module):
    """State of a smoothed descent.

    **Arguments:** `inner`: the descent's own, around whose latent is asked; `count`: iterations.
    """

    inner: FirstOrderState
    count: Int[Array, ""]


class Smoothed(AbstractOptimizer):
    r"""A descent whose gradients are taken beside where it stands, each time elsewhere.

    $$g_t = \nabla f(z_t + \sigma_t \epsilon_t), \qquad \epsilon_t \sim N(0, I)$$

    is an unbiased gradient of $f$ averaged over a Gaussian of width $\sigma_t$, and costs what a
    gradient of $f$ does. Where water splashes, $f$ is rough on a scale that a descent gets caught
    in and that the average does not have. What is evaluated, and so becomes the champion, lies
    beside the descent's own point: let `std` end near 0.

    Source: Duchi, Bartlett and Wainwright (2012), Randomized smoothing for stochastic optimization,
    section 2.

    **Arguments:**

    - `optimizer`: such as `Adam` or `Optax`, whose momentum averages over the draws.
    - `std`: $\sigma$ in latent units, 0 or above, or a schedule from the iteration to it, such as
      `CosineDecay`; a few steps of the descent are a good start.

    **Raises:** `ValueError` if `std` is below 0.
    """

    optimizer: AbstractFirstOrder
    std: Scalar | Callable[[Any], Any] = eqx.field(converter=number_or_schedule, default=0.2)

    def __check_init__(self):
        if not callable(self.std):
            checked_number(self.std, "std", "Smoothed", least=0)

    @property
    def order(self) -> int:
        return 1

    def init(self, latent: Latent, *, key: PRNGKeyArray) -> SmoothedState:
        return SmoothedState(self.optimizer.init(latent, key=key), jnp.zeros((), jnp.int32))

    @eqx.filter_jit
    def ask(self, state: SmoothedState, *, key: PRNGKeyArray) -> Latents:
        center = self.optimizer.ask(state.inner, key=key)
        std = jnp.asarray(self.std(state.count) if callable(self.std) else self.std)
        return center + std.astype(center.dtype) * jax.random.normal(
            key, center.shape, center.dtype
        )

    @eqx.filter_jit
    def tell(
        self, state: SmoothedState, candidates: Latents, evaluation: Evaluation
    ) -> SmoothedState:
        inner = self.optimizer.tell(state.inner, candidates, evaluation)
        # A step leaves from the descent's own point; after a failure, from the best one evaluated.
        back = jnp.where(usable(evaluation), state.inner.latent - candidates[0], 0.0)
        inner = eqx.tree_at(lambda s: s.latent, inner, inner.latent + back)
        return SmoothedState(inner, state.count + 1)

    def done(self, state: SmoothedState) -> bool:
        return False
