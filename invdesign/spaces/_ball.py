"""Numbers whose squares have a bounded sum."""

from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np

from .._checks import checked_key
from .._types import Array, Float, Latent, PRNGKeyArray, as_float
from ._base import AbstractSpace
from ._bounded import checked_numbers
from ._box import BoxDesign

_EDGE = 1e-6  # relative, how far outside of the ball counts as its surface
_WIDEST = 0.999  # radius up to which samples are drawn, over the ball's


class Ball(AbstractSpace[BoxDesign]):
    r"""Numbers in a ball around zero: $R\, z / \sqrt{1 + |z|^2}$, such as amplitudes of an energy.

    **Arguments:**

    - `size`: how many numbers, at least 1.
    - `radius`: of the ball, $R$, above 0.
    - `initial_parameters`: where a search starts, `(parameter,)` or one number for all; zeros by
      default.

    **Raises:** `ValueError` for values out of these ranges.
    """

    size: int = eqx.field(static=True)
    radius: Float[Array, ""] = eqx.field(converter=as_float)
    initial_parameters: Float[Array, "*parameter"] = eqx.field(converter=as_float, default=0.0)

    def __check_init__(self):
        if not (self.size >= 1 and 0 < self.radius < jnp.inf):
            raise ValueError(
                f"`Ball` needs size >= 1 and a finite radius > 0, got {self.size} and "
                f"{self.radius}."
            )
        self._checked(np.broadcast_to(np.asarray(self.initial_parameters), (self.size,)))

    @property
    def step(self) -> float:
        """A twentieth of the radius: all parameters together may go a fraction of it."""
        return 0.05 * float(self.radius)

    def initial(self) -> Latent:
        return self._latent(jnp.broadcast_to(self.initial_parameters, (self.size,)))

    def sample(self, *, key: PRNGKeyArray) -> Latent:
        checked_key(key, "sample")
        first, second = jax.random.split(key)
        direction = jax.random.normal(first, (self.size,), self.radius.dtype)
        share = _WIDEST * jax.random.uniform(second, (), self.radius.dtype)
        unit = direction / jnp.sqrt(jnp.sum(direction**2))
        return self._latent(share * self.radius * unit)

    def decode(self, latent: Latent) -> BoxDesign:
        radius = self.radius.astype(latent.dtype)
        return BoxDesign(parameters=radius * latent / jnp.sqrt(1.0 + jnp.sum(latent**2)))

    def encode(self, parameters: Any) -> Latent:
        return self._latent(jnp.asarray(self._checked(parameters), self.radius.dtype))

    def _latent(self, parameters: Float[Array, " parameter"]) -> Latent:
        inside = 1.0 - jnp.sum((parameters / self.radius) ** 2)
        return parameters / (self.radius * jnp.sqrt(jnp.maximum(inside, _EDGE)))

    def _checked(self, parameters: Any) -> np.ndarray:
        values = checked_numbers(parameters, size=self.size, what="parameter")
        found = float(np.linalg.norm(values))
        if found > float(self.radius) * (1 + _EDGE):
            raise ValueError(
                f"The parameters must lie in a ball of radius {float(self.radius):g}, got "
                f"{found:g} from its center."
            )
        return values
