"""What is in a fluid's way, whatever its shape: where it is nearest, and how it moves."""

import abc
from collections.abc import Callable, Sequence
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from .._types import Array, Float, Int


def _row(array: Array, index: Array) -> Array:
    return array[index]


class AbstractObstacles(eqx.Module):
    """Rigid bodies of one kind, in the plane or in space; capsules are one.

    Each is all that lies within its `thickness` of its core: a capsule's core is a segment. The
    core of what is solid on one side, such as the ground, is a surface far inside of it. Every
    array has one row a body, unless `take` says what else belongs to one.
    """

    thickness: eqx.AbstractVar[Float[Array, " obstacle"]]

    @abc.abstractmethod
    def closest(
        self, points: Float[Array, "node dim"]
    ) -> tuple[Float[Array, "node dim"], Float[Array, " node"]]:
        """Vector from the closest point of a core to each point, and its length, in metres.

        Of a body of its own for each point: there are as many bodies as points. Over its length
        the vector is the surface's normal; the length minus the thickness is the signed distance.
        """

    def facing(self, points: Float[Array, "node dim"]) -> "AbstractObstacles":
        """What of a body of its own for each point is nearest to it, found once and for all.

        Of bodies that have to look for it; gradients know nothing of the search. Near its point
        that has the body's `closest` point.
        """
        return self

    @property
    def is_moving(self) -> bool:
        """Whether their surfaces have a velocity; known before anything is compiled."""
        return False

    @property
    def is_folded(self) -> bool:
        """Whether the way out of one part of a body may lead across another part of it.

        Of such bodies `approach` has to tell of every way, however short.
        """
        return False

    def velocity(self, points: Float[Array, "node dim"]) -> Float[Array, "node dim"]:
        """How fast the surface moves at each point, of a body of its own each, in metres a second.

        The bodies stay where they are while it moves: a pump's wall, a piston's short stroke.
        """
        return jnp.zeros_like(points)

    def approach(
        self, points: Float[Array, "node dim"], way: Float[Array, "node dim"]
    ) -> tuple[Float[Array, "obstacle node"], Float[Array, "obstacle node"]] | None:
        """When a point on its straight way is nearest to each core, 0 to 1, and how near it is.

        Only of what is so thin that a way of one part may lead across; `None` of anything else.
        """
        return None

    def take(self, index: Int[Array, " node"], row: Callable[..., Array] = _row) -> Any:
        """The bodies of an index each. **Arguments:** `row`: `(array, index)` to rows."""
        return jax.tree.map(lambda x: row(x, index), self)

    def by_axis(
        self, points: Float[Array, "node dim"]
    ) -> tuple[list[Float[Array, "obstacle node"]], Float[Array, "obstacle node"]]:
        """As `closest`, from every body to every point, one array an axis."""

        def from_one(body: Array) -> tuple[Array, Array]:
            return self.take(jnp.full(points.shape[:1], body)).closest(points)

        delta, distance = jax.vmap(from_one)(jnp.arange(self.thickness.shape[0]))
        return [delta[..., axis] for axis in range(points.shape[1])], distance

    def rough(self, axes: list[Float[Array, " _"]]) -> Float[Array, "obstacle x y z"]:
        """Lengths as in `by_axis` at all points of a lattice in space, or cheaper ones.

        These are about right near the cores; asked for the volume that bodies take up. It is given
        by its places along each axis in metres.
        """
        points = jnp.stack(jnp.meshgrid(*axes, indexing="ij"), axis=-1)
        # So that nobody takes the lattice for a constant and folds it point by point.
        points = lax.optimization_barrier(points)
        distance = self.by_axis(points.reshape(-1, len(axes)))[1]
        return distance.reshape(-1, *points.shape[:-1])


class _Union(AbstractObstacles):
    """Bodies of several kinds, one kind after another; `which` says the kind of each."""

    kinds: tuple[AbstractObstacles, ...]
    which: Int[Array, " obstacle"]
    thickness: Float[Array, " obstacle"]

    def closest(self, points: Any) -> Any:
        found = [kind.closest(points) for kind in self.kinds]
        return self._of_own([d for d, _ in found]), self._of_own([d for _, d in found])

    def facing(self, points: Any) -> "_Union":
        kinds = tuple(kind.facing(points) for kind in self.kinds)
        return _Union(kinds=kinds, which=self.which, thickness=self.thickness)

    def _of_own(self, found: Sequence[Array]) -> Array:
        """Rows of each body's own kind."""
        rows = found[0]
        for number, other in enumerate(found[1:], start=1):
            is_own = (self.which == number).reshape(-1, *[1] * (rows.ndim - 1))
            rows = jnp.where(is_own, other, rows)
        return rows

    @property
    def is_moving(self) -> bool:
        return any(kind.is_moving for kind in self.kinds)

    @property
    def is_folded(self) -> bool:
        return any(kind.is_folded for kind in self.kinds)

    def velocity(self, points: Any) -> Any:
        return self._of_own([kind.velocity(points) for kind in self.kinds])

    def approach(self, points: Any, way: Any) -> Any:
        found = [kind.approach(points, way) for kind in self.kinds]
        if all(each is None for each in found):
            return None
        parts = []
        for kind, each in zip(self.kinds, found, strict=True):
            never = jnp.full((kind.thickness.shape[0], points.shape[0]), jnp.inf, points.dtype)
            parts.append((never, never) if each is None else each)
        return jax.tree.map(lambda *x: jnp.concatenate(x), *parts)

    def take(self, index: Array, row: Callable[..., Array] = _row) -> "_Union":
        taken, start = [], 0
        for kind in self.kinds:
            size = kind.thickness.shape[0]
            taken.append(kind.take(jnp.clip(index - start, 0, size - 1), row))
            start += size
        own = row(self.thickness, index)
        return _Union(kinds=tuple(taken), which=self.which[index], thickness=own)

    def by_axis(self, points: Any) -> Any:
        parts = [kind.by_axis(points) for kind in self.kinds]
        return jax.tree.map(lambda *x: jnp.concatenate(x), *parts)

    def rough(self, axes: Any) -> Any:
        return jnp.concatenate([kind.rough(axes) for kind in self.kinds])


def union(kinds: Sequence[AbstractObstacles]) -> AbstractObstacles:
    """Bodies of several kinds as one; of one kind, that."""
    kinds = [kind for kind in kinds if kind.thickness.shape[0] > 0] or list(kinds[:1])
    if len(kinds) == 1:
        return kinds[0]
    sizes = [kind.thickness.shape[0] for kind in kinds]
    which = jnp.asarray(np.repeat(np.arange(len(kinds)), sizes))
    thickness = jnp.concatenate([kind.thickness for kind in kinds])
    return _Union(kinds=tuple(kinds), which=which, thickness=thickness)
