"""Convolutions on a periodic line that see near and far."""

from collections.abc import Callable

import equinox as eqx
import jax
import jax.numpy as jnp
from jax import lax

from .._types import Array, Float, PRNGKeyArray

_TAPS = 3
DILATIONS = (1, 2, 4, 8, 4, 2, 1)


class PeriodicConv(eqx.Module):
    """A convolution of three taps that lie `dilation` points apart, on points in a circle.

    Initialized as He et al. (2015), section 2.2.

    **Arguments:** `scale`: factor on the initial weights.
    """

    weight: Float[Array, "tap input output"]
    bias: Float[Array, " output"]
    dilation: int = eqx.field(static=True)

    def __init__(
        self,
        num_inputs: int,
        num_outputs: int,
        dilation: int = 1,
        *,
        key: PRNGKeyArray,
        scale: float = 1.0,
        dtype: jnp.dtype | type = jnp.float32,
    ):
        std = scale * (2.0 / (_TAPS * num_inputs)) ** 0.5
        self.weight = std * jax.random.normal(key, (_TAPS, num_inputs, num_outputs), dtype)
        self.bias = jnp.zeros((num_outputs,), dtype)
        self.dilation = dilation

    def __call__(self, rows: Float[Array, "point input"]) -> Float[Array, "point output"]:
        reach = self.dilation
        around = jnp.concatenate([rows[-reach:], rows, rows[:reach]])
        (found,) = lax.conv_general_dilated(
            around[None],
            self.weight,
            window_strides=(1,),
            padding="VALID",
            rhs_dilation=(reach,),
            dimension_numbers=("NWC", "WIO", "NWC"),
        )
        return found + self.bias[None]


class DilatedResNet(eqx.Module):
    """Blocks of dilated convolutions, each added to what went in; points in a circle.

    It moves along with what it is given: shifted inputs have shifted outputs. Each output depends
    on the inputs at up to `reach` points to either side.

    Source: Stachenfeld et al. (2022), Learned coarse models for efficient turbulence simulation,
    section 3.2; without its normalization.

    **Arguments:**

    - `num_inputs`, `num_outputs`: numbers a point.
    - `latent`: numbers a point between the convolutions.
    - `num_blocks`: of convolutions with these `dilations`, in points.
    - `activation`: after every convolution but the last.
    - `dtype`: of the weights, and so of what goes in.
    """

    encoder: PeriodicConv
    blocks: tuple[tuple[PeriodicConv, ...], ...]
    decoder: PeriodicConv
    activation: Callable[[Array], Array] = eqx.field(static=True)

    def __init__(
        self,
        num_inputs: int,
        num_outputs: int,
        *,
        latent: int,
        num_blocks: int,
        key: PRNGKeyArray,
        dilations: tuple[int, ...] = DILATIONS,
        activation: Callable[[Array], Array] = jax.nn.gelu,
        dtype: jnp.dtype | type = jnp.float32,
    ):
        first, last, *keys = jax.random.split(key, 2 + num_blocks * len(dilations))
        convs = [
            PeriodicConv(latent, latent, dilation, key=k, dtype=dtype)
            for k, dilation in zip(keys, num_blocks * dilations, strict=True)
        ]
        size = len(dilations)
        self.encoder = PeriodicConv(num_inputs, latent, key=first, dtype=dtype)
        self.blocks = tuple(tuple(convs[i * size : (i + 1) * size]) for i in range(num_blocks))
        # Small at first: the output begins near zero.
        self.decoder = PeriodicConv(latent, num_outputs, key=last, scale=0.1, dtype=dtype)
        self.activation = activation

    @property
    def reach(self) -> int:
        """Points to either side that an output depends on."""
        return 2 + sum(conv.dilation for block in self.blocks for conv in block)

    @property
    def fewest(self) -> int:
        """Points that the widest convolution needs."""
        return max((conv.dilation for block in self.blocks for conv in block), default=1)

    def __call__(self, rows: Float[Array, "point input"]) -> Float[Array, "point output"]:
        hidden = self.encoder(rows)
        for block in self.blocks:
            change = hidden
            for conv in block:
                change = self.activation(conv(change))
            hidden = hidden + change
        return self.decoder(self.activation(hidden))
