"""Any Optax transformation as an optimizer."""

import equinox as eqx
import optax

from .._evaluation import Evaluation
from .._types import Latent, Latents, PRNGKeyArray
from ._base import AbstractOptimizer
from ._first_order import FirstOrderState, first_order_init, first_order_tell


class Optax(AbstractOptimizer):
    """Descends along the updates of an Optax transformation, one gradient an iteration.

    A failed evaluation sends it back to the best point so far with half the step; successes
    win the step back. Transformations that ask for the `value` (such as
    `optax.contrib.reduce_on_plateau`) are given it.

    **Arguments:** `transformation`: e.g. `optax.chain(optax.clip_by_global_norm(1.0),
    optax.sgd(0.1, momentum=0.9))`; updates are in latent units.

    **Raises:** `ValueError` on the first step of a transformation that runs a line search.
    """

    transformation: optax.GradientTransformation

    @property
    def order(self) -> int:
        return 1

    @eqx.filter_jit
    def init(self, latent: Latent, *, key: PRNGKeyArray) -> FirstOrderState:
        return first_order_init(self.transformation, latent)

    def ask(self, state: FirstOrderState, *, key: PRNGKeyArray) -> Latents:
        return state.latent[None]

    @eqx.filter_jit
    def tell(
        self, state: FirstOrderState, candidates: Latents, evaluation: Evaluation
    ) -> FirstOrderState:
        return first_order_tell(self.transformation, state, candidates, evaluation)

    def done(self, state: FirstOrderState) -> bool:
        return False
