"""Straight blades that turn, and move sideways."""

from typing import Any

import equinox as eqx
import jax.numpy as jnp
import numpy as np

from .._types import Array, Float, Latent, PRNGKeyArray, as_float
from ._base import AbstractSpace, SegmentDesign
from ._bounded import checked_parameters, encode_bounded, sample_uniform, squash, unsquash


class Deflectors(AbstractSpace[SegmentDesign]):
    r"""Blades in the plane of an angle and a sideways offset each, in turn.

    A blade is $c + (o, 0) \pm \tfrac{l}{2} (\cos \alpha, \sin \alpha)$ with the angle $\alpha$
    against the horizontal and the offset $o$; both are bounded as in `Box`.

    Source: ours.

    **Arguments:**

    - `centers`: $c$ in metres, `(blade, 2)`; `length`: $l$ in metres, above 0, of all blades.
    - `lower`, `upper`: bounds of angles in radians and of offsets in metres, in turn, `lower <
      upper`, `(parameter,)`.
    - `radius`: half thickness in metres, above 0.
    - `initial_parameters`: where a search starts, `(parameter,)`.

    **Raises:** `ValueError` for values out of these ranges.
    """

    centers: Float[Array, "blade 2"] = eqx.field(converter=as_float)
    length: Float[Array, ""] = eqx.field(converter=as_float)
    lower: Float[Array, " parameter"] = eqx.field(converter=as_float)
    upper: Float[Array, " parameter"] = eqx.field(converter=as_float)
    radius: Float[Array, ""] = eqx.field(converter=as_float)
    initial_parameters: Float[Array, " parameter"] = eqx.field(converter=as_float)

    def __check_init__(self):
        shape = self.centers.shape
        if len(shape) != 2 or shape[0] < 1 or shape[1] != 2:
            raise ValueError(f"`Deflectors` needs centers of shape (blade, 2), got {shape}.")
        lower, upper = np.asarray(self.lower), np.asarray(self.upper)
        ordered = lower.shape == upper.shape == (self.size,) and (lower < upper).all()
        if not (ordered and np.isfinite([lower, upper]).all()):
            raise ValueError(
                f"`Deflectors` needs finite bounds with lower < upper, {self.size} of each, got "
                f"{self.lower} and {self.upper}."
            )
        if not (self.length > 0 and self.radius > 0):
            raise ValueError(
                f"`Deflectors` needs length > 0 and radius > 0, got {self.length} and "
                f"{self.radius}."
            )
        checked_parameters(
            self.initial_parameters, lower, upper, size=self.size, what="angle or offset"
        )

    @property
    def size(self) -> int:
        return 2 * self.centers.shape[0]

    def initial(self) -> Latent:
        return unsquash(self.initial_parameters, self.lower, self.upper)

    def sample(self, *, key: PRNGKeyArray) -> Latent:
        return sample_uniform(self.size, self.lower.dtype, key=key)

    def decode(self, latent: Latent) -> SegmentDesign:
        parameters = squash(latent, self.lower, self.upper)
        angles, offsets = parameters[0::2], parameters[1::2]
        half = (0.5 * self.length).astype(latent.dtype)
        way = half * jnp.stack([jnp.cos(angles), jnp.sin(angles)], axis=-1)
        centers = self.centers.astype(latent.dtype)
        centers = centers + jnp.stack([offsets, jnp.zeros_like(offsets)], axis=-1)
        return SegmentDesign(
            parameters=parameters,
            segments=jnp.stack([centers - way, centers + way], axis=1),
            segment_radius=jnp.full(angles.shape, self.radius, latent.dtype),
        )

    def encode(self, parameters: Any) -> Latent:
        return encode_bounded(
            parameters, self.lower, self.upper, size=self.size, what="angle or offset"
        )
