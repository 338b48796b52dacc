"""What an optimizer is told about a candidate."""

import equinox as eqx

from ._types import Array, Code, Float, Latent, Scalar


class Slope(eqx.Module):
    """Which way the value rises at a latent.

    **Arguments:** `latent`: where; `grad`: the gradient there, zero if it failed.
    """

    latent: Latent
    grad: Latent


class Evaluation(eqx.Module):
    """Everything known about one latent after it has been simulated on every condition.

    **Arguments:**

    - `value`: what is minimised; `+inf` where the simulation failed.
    - `grad`: its gradient with respect to the latent, or `None` for an evaluation of order 0.
    - `score`: what is reported, higher is better (mean over the conditions).
    - `constraints`: entries of the task's constraints, `>= 0` or 0 where they hold: first of those
      that look at the simulation, then of the others, each group in the task's order.
    - `jacobian`: their Jacobian, or `None`.
    - `result`: a `RESULTS` code, the first failure among the conditions.
    - `slope`: of a population that an `Injected` optimizer is told about: the champion, and the
      gradient of the value there.
    """

    value: Scalar | Float[Array, " pop"]
    grad: Float[Array, "*pop latent"] | None
    score: Scalar | Float[Array, " pop"]
    constraints: Float[Array, "*pop constraint"]
    jacobian: Float[Array, "*pop constraint latent"] | None
    result: Code | Array
    slope: Slope | None = None
