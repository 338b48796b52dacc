"""Adam with clipping and a schedule: the default optimizer."""

from collections.abc import Callable
from typing import Any

import equinox as eqx
import jax.numpy as jnp
import optax

from .._checks import checked_number
from .._types import Array, Scalar, as_float, as_float_or_none
from ._first_order import AbstractFirstOrder


def number_or_schedule(x: Any) -> Array | Callable:
    """A field's converter: numbers become arrays, schedules stay what they are."""
    return x if callable(x) else as_float(x)


class CosineDecay(eqx.Module):
    r"""A learning rate that falls from `initial` to `final` along half a cosine.

    $$\eta_t = \eta_1 + \tfrac12 (\eta_0 - \eta_1)(1 + \cos(\pi \min(t/T, 1)))$$

    Source: Loshchilov and Hutter (2017), SGDR, equation 5, without restarts.

    **Arguments:** `initial`, `final`: learning rates; `num_steps`: iterations $T$.

    **Raises:** `ValueError` if `num_steps` is below 1, or a number is not finite.
    """

    initial: Scalar = eqx.field(converter=as_float)
    final: Scalar = eqx.field(converter=as_float)
    num_steps: Scalar = eqx.field(converter=as_float)

    def __check_init__(self):
        checked_number(self.initial, "initial", "CosineDecay")
        checked_number(self.final, "final", "CosineDecay")
        checked_number(self.num_steps, "num_steps", "CosineDecay", least=1)

    def __call__(self, count: Any) -> Scalar:
        progress = jnp.minimum(jnp.asarray(count).astype(self.num_steps.dtype) / self.num_steps, 1)
        return self.final + 0.5 * (self.initial - self.final) * (1 + jnp.cos(jnp.pi * progress))


class Adam(AbstractFirstOrder):
    """Adam, one gradient an iteration.

    Angles that accumulate along a chain want small steps: 0.05 rad a joint turns the tip of 16
    joints by 0.8 rad. A failed evaluation sends it back to the best point so far with half the
    step; successes win the step back.

    Source: Kingma and Ba (2015), algorithm 1.

    **Arguments:**

    - `learning_rate`: step in latent units, above 0, or a schedule from the iteration to it,
      such as `CosineDecay`.
    - `clip`: largest norm of a gradient; longer ones are shortened to it, so that one gradient
      that exploded along the rollout does not blunt the second moments; `None` clips nothing.
    - `b1`, `b2`: decay of the first and second moments, in [0, 1).

    **Raises:** `ValueError` if one of them is out of its range.
    """

    learning_rate: Scalar | Callable[[Any], Any] = eqx.field(
        converter=number_or_schedule, default=0.03
    )
    clip: Scalar | None = eqx.field(converter=as_float_or_none, default=1.0)
    b1: Scalar = eqx.field(converter=as_float, default=0.9)
    b2: Scalar = eqx.field(converter=as_float, default=0.999)

    def __check_init__(self):
        if not callable(self.learning_rate):
            checked_number(self.learning_rate, "learning_rate", "Adam", above=0)
        checked_number(self.clip, "clip", "Adam", above=0, optional=True)
        checked_number(self.b1, "b1", "Adam", least=0, below=1)
        checked_number(self.b2, "b2", "Adam", least=0, below=1)

    def as_optax(self, dtype: Any) -> optax.GradientTransformation:
        rate = self.learning_rate
        if callable(rate):
            rate = lambda count, rate=rate: jnp.asarray(rate(count)).astype(dtype)  # noqa: E731
        else:
            rate = rate.astype(dtype)
        steps = [
            optax.scale_by_adam(self.b1.astype(dtype), self.b2.astype(dtype)),
            optax.scale_by_learning_rate(rate),
        ]
        if self.clip is not None:
            steps.insert(0, optax.clip_by_global_norm(self.clip.astype(dtype)))
        return optax.chain(*steps)
