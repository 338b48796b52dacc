"""Free numbers within bounds."""

from typing import Any

import equinox as eqx
import numpy as np

from .._types import Array, Float, Latent, PRNGKeyArray, as_float, as_float_or_none
from ._base import AbstractSpace
from ._bounded import checked_parameters, encode_bounded, sample_uniform, squash, unsquash


class BoxDesign(eqx.Module):
    """A point of a box.

    **Arguments:** `parameters`: its coordinates, in whatever units the box has, `(parameter,)`.
    """

    parameters: Float[Array, " parameter"]


class Box(AbstractSpace[BoxDesign]):
    r"""The numbers between `lower` and `upper`: $(l + u)/2 + (u - l)/2 \tanh z$.

    **Arguments:**

    - `lower`, `upper`: finite bounds, `lower < upper`, `(parameter,)`.
    - `initial_parameters`: where a search starts; the middle by default.

    **Raises:** `ValueError` for values out of these ranges.
    """

    lower: Float[Array, " parameter"] = eqx.field(converter=as_float)
    upper: Float[Array, " parameter"] = eqx.field(converter=as_float)
    initial_parameters: Float[Array, " parameter"] | None = eqx.field(
        converter=as_float_or_none, default=None
    )

    def __check_init__(self):
        if self.lower.ndim != 1 or self.lower.shape != self.upper.shape or self.size < 1:
            raise ValueError(
                "`Box` needs bounds that are vectors of equal length, got shapes "
                f"{self.lower.shape} and {self.upper.shape}."
            )
        lower, upper = np.asarray(self.lower), np.asarray(self.upper)
        if not (np.isfinite([lower, upper]).all() and (lower < upper).all()):
            raise ValueError(
                f"`Box` needs finite bounds with lower < upper, got {self.lower} and {self.upper}."
            )
        if self.initial_parameters is not None:
            checked_parameters(
                self.initial_parameters, lower, upper, size=self.size, what="parameter"
            )

    @property
    def size(self) -> int:
        return self.lower.shape[0]

    def _initial_parameters(self) -> Float[Array, " parameter"]:
        if self.initial_parameters is None:
            return 0.5 * (self.lower + self.upper)
        return self.initial_parameters

    def initial(self) -> Latent:
        return unsquash(self._initial_parameters(), self.lower, self.upper)

    def sample(self, *, key: PRNGKeyArray) -> Latent:
        return sample_uniform(self.size, self.lower.dtype, key=key)

    def decode(self, latent: Latent) -> BoxDesign:
        return BoxDesign(parameters=squash(latent, self.lower, self.upper))

    def encode(self, parameters: Any) -> Latent:
        return encode_bounded(parameters, self.lower, self.upper, size=self.size, what="parameter")
