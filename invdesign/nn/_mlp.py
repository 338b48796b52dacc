"""Multi-layer perceptrons over the last axis of batched rows."""

from collections.abc import Callable

import equinox as eqx
import jax
import jax.numpy as jnp

from .._types import Array, Float, PRNGKeyArray

Activation = Callable[[Array], Array]
DType = jnp.dtype | type


class Linear(eqx.Module):
    """`x @ weight + bias`, initialized as He et al. (2015), section 2.2."""

    weight: Float[Array, "input output"]
    bias: Float[Array, " output"]

    def __init__(
        self,
        num_inputs: int,
        num_outputs: int,
        *,
        key: PRNGKeyArray,
        scale: float = 1.0,
        dtype: DType = float,
    ):
        std = scale * (2.0 / num_inputs) ** 0.5
        self.weight = std * jax.random.normal(key, (num_inputs, num_outputs), dtype)
        self.bias = jnp.zeros((num_outputs,), dtype)

    def __call__(self, rows: Float[Array, "row input"]) -> Float[Array, "row output"]:
        return rows @ self.weight + self.bias[None]


class LayerNorm(eqx.Module):
    """Each row to mean zero and variance one, then scaled and shifted (Ba et al. 2016)."""

    scale: Float[Array, " feature"]
    shift: Float[Array, " feature"]

    def __init__(self, size: int, dtype: DType = float):
        self.scale = jnp.ones((size,), dtype)
        self.shift = jnp.zeros((size,), dtype)

    def __call__(self, rows: Float[Array, "row feature"]) -> Float[Array, "row feature"]:
        return self.rescale(self.standardize(rows)[0])

    def standardize(
        self, rows: Float[Array, "row feature"]
    ) -> tuple[Float[Array, "row feature"], Float[Array, "row 1"]]:
        """Rows of mean zero and variance one, and one over each row's former deviation."""
        # Mean and mean square in one pass; clipped, since their difference can round below zero.
        mean = rows.mean(axis=-1, keepdims=True)
        variance = jnp.maximum((rows**2).mean(axis=-1, keepdims=True) - mean**2, 0.0)
        inverse = jax.lax.rsqrt(variance + 1e-5)
        return (rows - mean) * inverse, inverse

    def rescale(self, standard: Float[Array, "row feature"]) -> Float[Array, "row feature"]:
        """Standardized rows, scaled and shifted."""
        return standard * self.scale[None] + self.shift[None]


class MLP(eqx.Module):
    """Layers with an activation, then a linear one, then optionally a `LayerNorm`.

    **Arguments:**

    - `sizes`: widths from the input to the output, at least two.
    - `normalize`: whether the output is normalized.
    - `output_scale`: factor on the initial weights of the last layer; small for outputs that
      should start near zero.
    - `activation`: elementwise, by default `jax.nn.relu`; one that is smooth, such as
      `jax.nn.softplus`, where the network is to be differentiated twice.
    - `dtype`: of the weights, by default that of JAX.
    """

    layers: tuple[Linear, ...]
    norm: LayerNorm | None
    activation: Activation = eqx.field(static=True)

    def __init__(
        self,
        sizes: tuple[int, ...],
        *,
        key: PRNGKeyArray,
        normalize: bool = False,
        output_scale: float = 1.0,
        activation: Activation = jax.nn.relu,
        dtype: DType = float,
    ):
        keys = jax.random.split(key, len(sizes) - 1)
        scales = [1.0] * (len(sizes) - 2) + [output_scale]
        self.layers = tuple(
            Linear(a, b, key=k, scale=s, dtype=dtype)
            for a, b, k, s in zip(sizes[:-1], sizes[1:], keys, scales, strict=True)
        )
        self.norm = LayerNorm(sizes[-1], dtype) if normalize else None
        self.activation = activation

    def __call__(self, rows: Float[Array, "row input"]) -> Float[Array, "row output"]:
        return self.finish(self.layers[0](rows))

    def finish(self, hidden: Float[Array, "row hidden"]) -> Float[Array, "row output"]:
        """The rest of the network after its first linear map."""
        for layer in self.layers[1:]:
            hidden = layer(self.activation(hidden))
        return hidden if self.norm is None else self.norm(hidden)
