"""What is asked of a candidate beside what is learned: obstacles and terms, as rows of numbers."""

import equinox as eqx
import jax
import jax.numpy as jnp

from ..._types import Array, Bool, Float
from ...scenes import AbstractObstacles, AbstractTerm
from ...scenes._ropes import gaps

_FAR = 1e3  # m, more room than which nothing has


class Touch(eqx.Module):
    """Obstacles and terms of a scene, and what can touch them.

    Each obstacle asks one number of each node, its room; terms ask any.

    **Arguments:** `obstacles`: kind by kind; `is_free`: which nodes feel them; `radius`: of the
    nodes in metres; `terms`: one by one.
    """

    obstacles: tuple[AbstractObstacles, ...]
    is_free: Bool[Array, " node"]
    radius: float | Float[Array, " node"]
    terms: tuple[AbstractTerm, ...] = ()

    @property
    def is_nothing(self) -> bool:
        """Whether nothing is asked."""
        return not self.obstacles and not self.terms

    def gaps(self, position: Float[Array, "node dim"]) -> Float[Array, " row"]:
        """Numbers that have to be 0, or at least 0; something has to be asked.

        Those of obstacles first: node by node, and of each obstacle by obstacle.
        """
        return jnp.concatenate(self._parts(position))

    def is_equality(self, position: Float[Array, "node dim"]) -> Bool[Array, " row"]:
        """Which of them have to be 0."""
        kinds = [False] * bool(self.obstacles) + [term.is_equality for term in self.terms]
        parts = zip(self._parts(position), kinds, strict=True)
        return jnp.concatenate([jnp.full(part.shape, kind) for part, kind in parts])

    def slopes(self, position: Float[Array, "node dim"]) -> Float[Array, "row node dim"]:
        """Their derivatives by the positions of free nodes; zero by those of others."""
        rows = jax.jacfwd(self.gaps)(position)
        return jnp.where(self.is_free[None, :, None], rows, 0.0)

    def _parts(self, position: Float[Array, "node dim"]) -> list[Array]:
        sizes = jnp.broadcast_to(jnp.asarray(self.radius, position.dtype), position.shape[:1])
        sizes = jnp.where(self.is_free, sizes, -_FAR)
        parts = [gaps(self.obstacles, position, sizes)[0].T] if self.obstacles else []
        parts += [term.gap(position, sizes) for term in self.terms]
        return [jnp.minimum(part.reshape(-1), _FAR) for part in parts]
