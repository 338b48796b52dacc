"""How obstacles act on an inner solve that has never seen one."""

import abc

import equinox as eqx
import jax.numpy as jnp

from ..._types import Array, Bool, Float, Scalar
from ...scenes import AbstractObstacles
from ...scenes._ropes import gaps


class Touch(eqx.Module):
    """Obstacles of a scene, and what can touch them.

    **Arguments:** `obstacles`: kind by kind; `is_free`: which nodes feel them; `radius`: of the
    nodes in metres.
    """

    obstacles: tuple[AbstractObstacles, ...]
    is_free: Bool[Array, " node"]
    radius: float = eqx.field(static=True)


class AbstractContact(eqx.Module):
    """How obstacles act: as a part of the constraint, or on every candidate; neither by default."""

    def penalty(self, touch: Touch, position: Float[Array, "node dim"], unit: Scalar) -> Scalar:
        """What obstacles add to the constraint. **Arguments:** `unit`: of a candidate in metres."""
        return jnp.zeros_like(unit)

    def push(
        self, touch: Touch, position: Float[Array, "node dim"]
    ) -> Float[Array, "node dim"] | None:
        """By how much each node has to move to be out of all obstacles; `None` if none has to."""
        return None

    @property
    @abc.abstractmethod
    def description(self) -> str:
        """In words."""


class HardContact(AbstractContact):
    """Every candidate is projected out of the obstacles: nothing is ever inside of them.

    A node moves along the normal of the obstacle that it is deepest in, a few times over. A
    projected node knows neither friction nor bounce.

    **Arguments:** `num_sweeps`: times that a node is moved, for corners between obstacles.
    """

    num_sweeps: int = eqx.field(static=True, default=3)

    def push(
        self, touch: Touch, position: Float[Array, "node dim"]
    ) -> Float[Array, "node dim"] | None:
        if not touch.obstacles:
            return None
        moved = position
        for _ in range(self.num_sweeps):
            room, normals = gaps(touch.obstacles, moved, touch.radius)
            deepest = jnp.argmin(room, axis=0)[None]
            depth = jnp.maximum(-jnp.take_along_axis(room, deepest, axis=0), 0.0)
            ways = [jnp.take_along_axis(axis, deepest, axis=0) for axis in normals]
            moved = moved + jnp.concatenate([depth * way for way in ways]).T
        return moved - position

    @property
    def description(self) -> str:
        return "hard"


class SoftContact(AbstractContact):
    r"""Obstacles are a part of the constraint, $\tfrac{k}{2} \sum (d / \sigma)^2$ of the depths
    $d$.

    **Arguments:** `stiffness`: $k$; times the inner solver's step it has to stay below 2.
    """

    stiffness: float = 2.0

    def penalty(self, touch: Touch, position: Float[Array, "node dim"], unit: Scalar) -> Scalar:
        if not touch.obstacles:
            return jnp.zeros_like(unit)
        room, _ = gaps(touch.obstacles, position, touch.radius)
        depth = jnp.where(touch.is_free[None], jnp.maximum(-room, 0.0), 0.0) / unit
        return 0.5 * self.stiffness * jnp.sum(depth**2)

    @property
    def description(self) -> str:
        return "soft"
