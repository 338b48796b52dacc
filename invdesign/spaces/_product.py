"""Several spaces side by side."""

from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np

from .._types import Array, Float, Latent, PRNGKeyArray, Segments
from ._base import AbstractSpace
from ._bounded import checked_numbers


class ProductDesign(eqx.Module):
    """Designs that belong together.

    Where parts are tools made of segments, the whole is one: `segments` and `segment_radius` are
    those of all such parts, in order.

    **Arguments:** `parts`: the design of each factor.
    """

    parts: tuple[Any, ...]

    @property
    def parameters(self) -> Float[Array, " parameter"]:
        """The parts' physical parameters, concatenated."""
        return jnp.concatenate([part.parameters for part in self.parts])

    @property
    def segments(self) -> Segments:
        """End points of all centre lines in metres; an `AttributeError` if no part has any."""
        return self._joined("segments")

    @property
    def segment_radius(self) -> Float[Array, " segment"]:
        """Half thicknesses in metres."""
        return self._joined("segment_radius")

    def _joined(self, name: str) -> Array:
        found = [getattr(part, name) for part in self.parts if hasattr(part, name)]
        if not found:
            raise AttributeError(f"No part of this design has {name}.")
        return jnp.concatenate(found)


class Product(AbstractSpace[ProductDesign]):
    """The designs that have one part from each of several spaces, e.g. two chains.

    **Arguments:** `spaces`: the factors, at least one.

    **Raises:** `ValueError` if there is none.
    """

    spaces: tuple[AbstractSpace, ...] = eqx.field(converter=tuple)

    def __check_init__(self):
        if not self.spaces:
            raise ValueError("`Product` needs at least one space, got none.")

    @property
    def size(self) -> int:
        return sum(space.size for space in self.spaces)

    def initial(self) -> Latent:
        return jnp.concatenate([space.initial() for space in self.spaces])

    def sample(self, *, key: PRNGKeyArray) -> Latent:
        keys = jax.random.split(key, len(self.spaces))
        return jnp.concatenate([s.sample(key=k) for s, k in zip(self.spaces, keys, strict=True)])

    def decode(self, latent: Latent) -> ProductDesign:
        parts = jnp.split(latent, self._bounds())
        return ProductDesign(
            tuple(s.decode(part) for s, part in zip(self.spaces, parts, strict=True))
        )

    def encode(self, parameters: Any) -> Latent:
        parts = np.split(
            checked_numbers(parameters, size=self.size, what="parameter"), self._bounds()
        )
        return jnp.concatenate([s.encode(p) for s, p in zip(self.spaces, parts, strict=True)])

    def _bounds(self) -> list[int]:
        """Where the latent of each factor but the first begins."""
        return [int(end) for end in np.cumsum([space.size for space in self.spaces])[:-1]]
