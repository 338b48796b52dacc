"""Several spaces side by side."""

from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np

from .._checks import checked_key
from .._types import Array, Float, Latent, PRNGKeyArray, Segments, as_float
from ._base import AbstractPlaced, AbstractSpace
from ._bounded import checked_numbers

_APART = 100.0  # of parts, in the unit of places: that of their own extent


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


def _leaves(design: Any) -> list[Any]:
    """The designs that a design is made of: itself, if of none."""
    if not isinstance(design, ProductDesign):
        return [design]
    return [leaf for part in design.parts for leaf in _leaves(part)]


def parameter_groups(design: Any) -> list[Array]:
    """The parameters of each part of a design; only within a part does their order mean a thing."""
    return [leaf.parameters for leaf in _leaves(design)]


def segment_parts(design: Any) -> np.ndarray:
    """The number of the part that each segment of a design belongs to."""
    tools = [leaf for leaf in _leaves(design) if hasattr(leaf, "segments")]
    numbers = [np.full(len(tool.segments), index) for index, tool in enumerate(tools)]
    return np.concatenate([np.zeros(0, int), *numbers])


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

    @property
    def step(self) -> float:
        """What suits the most timid part."""
        return min(space.step for space in self.spaces)

    def initial(self) -> Latent:
        return jnp.concatenate([space.initial() for space in self.spaces])

    def sample(self, *, key: PRNGKeyArray) -> Latent:
        keys = jax.random.split(checked_key(key, "sample"), len(self.spaces))
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


def places_of(space: AbstractSpace) -> Float[Array, "latent dim"] | None:
    """Where each parameter of a space acts, or `None` if none of them has neighbors.

    The parts of a `Product` are far from each other, and so are parameters without neighbors from
    everything, so that only neighbors within a part share gradients.
    """
    if isinstance(space, AbstractPlaced):
        return space.places()
    if not isinstance(space, Product):
        return None
    found = [places_of(part) for part in space.spaces]
    known = [places for places in found if places is not None]
    if not known:
        return None
    dim = max(places.shape[1] for places in known)
    blocks, away = [], 0
    for part, places in zip(space.spaces, found, strict=True):
        # Those without neighbors are one by one what others are together: a place of their own.
        own = np.arange(part.size) if places is None else np.zeros(part.size)
        places = jnp.zeros((part.size, 0)) if places is None else places
        filled = jnp.pad(places, ((0, 0), (0, dim - places.shape[1])))
        blocks.append(jnp.concatenate([filled, _APART * as_float(away + own)[:, None]], axis=1))
        away += int(own.max(initial=0)) + 1
    return jnp.concatenate(blocks)
