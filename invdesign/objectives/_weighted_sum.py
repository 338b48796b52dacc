"""Several objectives as one."""

from typing import Any

import equinox as eqx
import jax.numpy as jnp

from .._rollout import Trajectory
from .._types import Array, Float, Scalar, as_float
from ._base import AbstractObjective


class WeightedSum(AbstractObjective):
    """The sum of objectives, each times its weight.

    **Arguments:**

    - `terms`: the objectives, at least one.
    - `weights`: a finite number for each, `(term,)`.

    **Raises:** `ValueError` if there are no terms, or not one finite weight each.
    """

    terms: tuple[AbstractObjective, ...] = eqx.field(converter=tuple)
    weights: Float[Array, " term"] = eqx.field(converter=as_float)

    def __check_init__(self):
        if not self.terms or self.weights.shape != (len(self.terms),):
            raise ValueError(
                "`WeightedSum` needs one weight for each of its terms, got shape "
                f"{self.weights.shape} for {len(self.terms)}."
            )
        if not jnp.isfinite(self.weights).all():
            raise ValueError(f"`WeightedSum` needs finite weights, got {self.weights}.")

    def __call__(self, trajectory: Trajectory, design: Any) -> Scalar:
        values = jnp.stack([term(trajectory, design) for term in self.terms])
        return jnp.sum(self.weights.astype(values.dtype) * values)
