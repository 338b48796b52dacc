"""Any Optax transformation as an optimizer."""

from typing import Any

import optax

from ._first_order import AbstractFirstOrder


class Optax(AbstractFirstOrder):
    """Descends along the updates of an Optax transformation, one gradient an iteration.

    A failed evaluation sends it back to the best point so far with half the step; successes
    win the step back. Transformations that ask for the `value` (such as
    `optax.contrib.reduce_on_plateau`) are given it.

    **Arguments:** `transformation`: e.g. `optax.chain(optax.clip_by_global_norm(1.0),
    optax.sgd(0.1, momentum=0.9))`; updates are in latent units.

    **Raises:** `ValueError` on the first step of a transformation that runs a line search.
    """

    transformation: optax.GradientTransformation

    def as_optax(self, dtype: Any) -> optax.GradientTransformation:
        return self.transformation
