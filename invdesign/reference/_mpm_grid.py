"""What the material point method asks of its grid: stencils, and the room at each node."""

import dataclasses
import itertools
from typing import Any

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jax import lax

from .._contact import Contact
from .._types import Array, Bool, Float, Int
from ..graphs import segment_sum
from ..scenes import ParticleScene

PADDING = 3  # grid nodes outside the box on every side
# Points an axis and cell at which the room is looked up; in space each node hears 216 of them.
_POINTS = {2: 4, 3: 2}


@dataclasses.dataclass(frozen=True)
class Grid:
    """A box of cells with a few around it; host numbers only.

    **Arguments:** `cell`: in metres; `shape`: nodes along each axis, padding included.
    """

    cell: float
    shape: tuple[int, ...]

    def inside(self, scene: ParticleScene) -> Bool[Array, "grid dim 2"]:
        """Which nodes lie within the box, above its lower wall and below its upper one."""
        dtype, tolerance, sides = scene.position.dtype, 1e-3 * self.cell, []
        for axis, number in enumerate(self.shape):
            places = jnp.asarray((np.arange(number) - PADDING) * self.cell, dtype)
            places = places + scene.lower[axis]
            within = jnp.stack(
                [places > scene.lower[axis] + tolerance, places < scene.upper[axis] - tolerance],
                axis=-1,
            )
            along = [1] * len(self.shape)
            along[axis] = number
            sides.append(jnp.broadcast_to(within.reshape(*along, 2), (*self.shape, 2)))
        return jnp.stack(sides, axis=-2).reshape(-1, len(self.shape), 2)

    def stencil(
        self, position: Float[Array, "node dim"], lower: Float[Array, " dim"]
    ) -> tuple[Int[Array, "node stencil"], Array, Array]:
        """Grid indices, quadratic B-spline weights and offsets (m) of each particle's nodes."""
        dim = position.shape[1]
        scaled = (position - lower[None]) / self.cell + PADDING
        base = jnp.floor(scaled - 0.5)
        base = lax.stop_gradient(
            jnp.clip(base, 0.0, jnp.asarray(self.shape, base.dtype)[None] - 3.0)
        )
        fraction = scaled - base
        weights = jnp.stack(_spline(fraction), axis=-1)
        steps = np.array(list(itertools.product(range(3), repeat=dim)))
        weight = jnp.ones((position.shape[0], len(steps)), position.dtype)
        for axis in range(dim):
            weight = weight * weights[:, axis, steps[:, axis]]
        offset = (jnp.asarray(steps, position.dtype)[None] - fraction[:, None]) * self.cell
        strides = np.array([int(np.prod(self.shape[axis + 1 :])) for axis in range(dim)])
        scaled_base = base.astype(jnp.int32) * jnp.asarray(strides, jnp.int32)[None]
        start = jnp.sum(scaled_base, axis=1, dtype=jnp.int32)
        index = start[:, None] + jnp.asarray(steps @ strides, jnp.int32)[None]
        return index, weight, offset

    def room(self, scene: ParticleScene, contact: Contact) -> Float[Array, " grid"]:
        """Share of each node's volume that water can fill, by quadrature over its cell."""
        dim = len(self.shape)
        number = _POINTS[dim]
        axes = [
            (np.arange(number * (n - 1 - 2 * PADDING)) + 0.5) * self.cell / number
            for n in self.shape
        ]
        if dim == 3:
            shares = [self._shares(*each) / number for each in zip(axes, self.shape, strict=True)]
            return _product(shares, axes, scene.lower, scene.upper, contact)
        dtype = scene.position.dtype
        points = np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1).reshape(-1, dim)
        points = jnp.asarray(points, dtype) + scene.lower[None]
        free = jnp.all(points < scene.upper[None], axis=1).astype(dtype)
        if not contact.is_empty:
            phi, _ = contact.signed_distance(points)
            free = free * (1.0 - contact.share(phi))
        index, weight, _ = self.stencil(points, scene.lower)
        share = (weight * free[:, None]) / number**dim
        room = jnp.zeros((int(np.prod(self.shape)), 1), dtype)
        return segment_sum(share.reshape(-1, 1), index.reshape(-1), room)[:, 0]

    def _shares(self, places: np.ndarray, size: int) -> np.ndarray:
        """Weights of places along an axis at its nodes, `(node, place)`."""
        scaled = places / self.cell + PADDING
        base = np.floor(scaled - 0.5).astype(int)
        shares = np.zeros((size, len(places)))
        for step, weight in enumerate(_spline(scaled - base)):
            shares[base + step, np.arange(len(places))] = weight
        return shares


@eqx.filter_jit
def _product(
    shares: list[Any], axes: list[Any], lower: Array, upper: Array, contact: Contact
) -> Float[Array, " grid"]:
    """The room in space: splines are a product, so that one axis is summed after the other."""
    dtype = lower.dtype
    places = [jnp.asarray(each, dtype) + low for each, low in zip(axes, lower, strict=True)]
    within = [each < high for each, high in zip(places, upper, strict=True)]
    free = within[0][:, None, None] & within[1][None, :, None] & within[2][None, None]
    room = free.astype(dtype)
    if not contact.is_empty:
        room = room * (1.0 - contact.share(contact.rough_distance(places)))
    for axis, share in enumerate(shares):
        room = jnp.tensordot(jnp.asarray(share, dtype), room, axes=(1, axis))
        room = jnp.moveaxis(room, 0, axis)
    return room.reshape(-1)


def _spline(fraction):
    """Quadratic B-spline weights of the three nodes around a place, in cells from the first."""
    return (
        0.5 * (1.5 - fraction) ** 2,
        0.75 - (fraction - 1.0) ** 2,
        0.5 * (fraction - 0.5) ** 2,
    )
