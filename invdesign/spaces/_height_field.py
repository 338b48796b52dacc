"""A surface over a square, given by its heights at the nodes of a grid."""

from typing import Any

import equinox as eqx
import jax.numpy as jnp

from .._types import Array, Float, Latent, PRNGKeyArray, as_float
from ._base import AbstractPlaced
from ._bounded import encode_bounded, sample_uniform, squash, unsquash

# Of the amplitude: bolder than the released recipe, whose rate in the latent is 0.05.
_STEP = 0.13


class HeightDesign(eqx.Module):
    """A height field over a square.

    **Arguments:**

    - `parameters`: height offsets in metres, row by row, `(nodes * nodes,)`.
    - `heights`: heights in metres, first index along x, `(nodes, nodes)`.
    """

    parameters: Float[Array, " parameter"]
    heights: Float[Array, "x z"]


class HeightField(AbstractPlaced[HeightDesign]):
    r"""Heights $h = h_0 + a \tanh z$ at the nodes of a square grid.

    Source: the landscape of the WaterCourse tasks of Allen et al. (2022), arXiv 2202.00728, whose
    released recipe has 25 nodes a side, a rest height of 0.5 and an amplitude of 0.15.

    **Arguments:**

    - `nodes`: nodes a side, at least 2.
    - `rest`: height $h_0$ of the undeformed surface in metres.
    - `amplitude`: bound $a$ of every offset in metres, positive.

    **Raises:** `ValueError` for values out of these ranges.
    """

    nodes: int = eqx.field(static=True, default=25)
    rest: Float[Array, ""] = eqx.field(converter=as_float, default=0.5)
    amplitude: Float[Array, ""] = eqx.field(converter=as_float, default=0.15)

    def __check_init__(self):
        if self.nodes < 2 or not self.amplitude > 0:
            raise ValueError(
                "`HeightField` needs nodes >= 2 and amplitude > 0, got "
                f"{self.nodes} and {self.amplitude}."
            )

    @property
    def size(self) -> int:
        return self.nodes**2

    @property
    def step(self) -> float:
        return _STEP * float(self.amplitude)

    def initial(self) -> Latent:
        return unsquash(jnp.zeros((self.size,), self.rest.dtype), -self.amplitude, self.amplitude)

    def places(self) -> Float[Array, "latent dim"]:
        line = jnp.linspace(0.0, 1.0, self.nodes, dtype=self.rest.dtype)
        return jnp.stack(jnp.meshgrid(line, line, indexing="ij"), axis=-1).reshape(-1, 2)

    def sample(self, *, key: PRNGKeyArray) -> Latent:
        return sample_uniform(self.size, self.rest.dtype, key=key)

    def decode(self, latent: Latent) -> HeightDesign:
        offsets = squash(latent, -self.amplitude, self.amplitude)
        heights = self.rest.astype(latent.dtype) + offsets.reshape(self.nodes, self.nodes)
        return HeightDesign(parameters=offsets, heights=heights)

    def encode(self, parameters: Any) -> Latent:
        return encode_bounded(
            parameters, -self.amplitude, self.amplitude, size=self.size, what="height offset"
        )
