"""How obstacles act on an inner solve that has never seen one."""

import abc

import equinox as eqx
import jax.numpy as jnp

from ..._checks import checked_number
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
    radius: float | Float[Array, " node"]


class AbstractContact(eqx.Module):
    """How obstacles act: a price in the constraint, and what moves a candidate after each step."""

    @abc.abstractmethod
    def penalty(self, touch: Touch, position: Float[Array, "node dim"], unit: Scalar) -> Scalar:
        """What obstacles add to the constraint. **Arguments:** `unit`: of a candidate in metres."""

    @abc.abstractmethod
    def push(
        self, touch: Touch, position: Float[Array, "node dim"], step_size: float
    ) -> Float[Array, "node dim"]:
        """By how much each node moves out of obstacles after a step of an inner solver.

        There has to be an obstacle. **Arguments:** `step_size`: of the inner solver.
        """

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

    def penalty(self, touch: Touch, position: Float[Array, "node dim"], unit: Scalar) -> Scalar:
        return jnp.zeros_like(unit)

    def push(
        self, touch: Touch, position: Float[Array, "node dim"], step_size: float
    ) -> Float[Array, "node dim"]:
        moved = position
        for _ in range(self.num_sweeps):
            moved = moved + _way_out(touch, moved)
        return moved - position

    @property
    def description(self) -> str:
        return "hard"


class SoftContact(AbstractContact):
    r"""Depth has a price in the constraint: $\tfrac{k}{2} \sum_i (d_i / \sigma)^2$.

    $d_i$ is the depth of node $i$ in the obstacle that it is deepest in. A step of size $\lambda$
    of an inner solver is one of what is learned, after which a node moves out by
    $\lambda k / (1 + \lambda k)$ of its depth: the proximal step of the price, which is stable for
    every $k$ and leads to the minimum of the sum.

    A node rests where the price balances what is learned; the default lets it in by less than a
    tenth of a rope's radius.

    Source: Combettes and Wajs (2005), Signal recovery by proximal forward-backward splitting.

    **Arguments:** `stiffness`: $k$, above 0, in units of the learned constraint, whose own
    curvature is a few.
    """

    stiffness: float = 20.0

    def __check_init__(self):
        checked_number(self.stiffness, "stiffness", "SoftContact", above=0)

    def penalty(self, touch: Touch, position: Float[Array, "node dim"], unit: Scalar) -> Scalar:
        if not touch.obstacles:
            return jnp.zeros_like(unit)
        room, _ = gaps(touch.obstacles, position, touch.radius)
        depth = jnp.where(touch.is_free, jnp.maximum(-jnp.min(room, axis=0), 0.0), 0.0) / unit
        return 0.5 * self.stiffness * jnp.sum(depth**2)

    def push(
        self, touch: Touch, position: Float[Array, "node dim"], step_size: float
    ) -> Float[Array, "node dim"]:
        price = step_size * self.stiffness
        return price / (1.0 + price) * _way_out(touch, position)

    @property
    def description(self) -> str:
        return "soft"


def _way_out(touch: Touch, position: Float[Array, "node dim"]) -> Float[Array, "node dim"]:
    """From each node out of the obstacle that it is deepest in; zero outside of all."""
    room, normals = gaps(touch.obstacles, position, touch.radius)
    deepest = jnp.argmin(room, axis=0)[None]
    depth = jnp.maximum(-jnp.take_along_axis(room, deepest, axis=0), 0.0)
    ways = [jnp.take_along_axis(axis, deepest, axis=0) for axis in normals]
    return jnp.concatenate([depth * way for way in ways]).T
