"""How obstacles and terms act on an inner solve that has never seen one."""

import abc

import equinox as eqx
import jax.numpy as jnp

from ..._checks import checked_number
from ..._types import Array, Float, Scalar
from ...scenes._ropes import gaps
from ._projection import projected
from ._touch import Touch

# What rows that ask the same give in by, so that they share what they hold.
_SHARED = 1e-6
_SWEEPS = 3  # of a soft step of terms


class AbstractContact(eqx.Module):
    """How obstacles and terms act: a price, and what moves a candidate after each step."""

    @abc.abstractmethod
    def penalty(self, touch: Touch, position: Float[Array, "node dim"], unit: Scalar) -> Scalar:
        """What they add to the constraint. **Arguments:** `unit`: of a candidate in metres."""

    @abc.abstractmethod
    def push(
        self, touch: Touch, position: Float[Array, "node dim"], step_size: float
    ) -> Float[Array, "node dim"]:
        """By how much each node moves after a step of an inner solver.

        There has to be an obstacle, or a term. **Arguments:** `step_size`: of the inner solver.
        """

    @property
    @abc.abstractmethod
    def description(self) -> str:
        """In words."""


class HardContact(AbstractContact):
    """Every candidate is projected on what is asked: nothing is ever inside of an obstacle.

    Where there are obstacles alone, a node moves along the normal of the one that it is deepest in,
    a few times over. With terms all nodes move together, the least that fulfils all (`projected`):
    a distance is kept to 1e-6 m, ten balls that meet do not overlap by more than 0.003 radii. A
    projected node knows neither friction nor bounce.

    **Arguments:** `num_sweeps`: times that nodes are moved, for corners between obstacles, and for
    terms that are not linear.
    """

    num_sweeps: int = eqx.field(static=True, default=3)

    def penalty(self, touch: Touch, position: Float[Array, "node dim"], unit: Scalar) -> Scalar:
        return jnp.zeros_like(unit)

    def push(
        self, touch: Touch, position: Float[Array, "node dim"], step_size: float
    ) -> Float[Array, "node dim"]:
        if touch.terms:
            return projected(touch, position, _SHARED, self.num_sweeps) - position
        moved = position
        for _ in range(self.num_sweeps):
            moved = moved + _way_out(touch, moved)
        return moved - position

    @property
    def description(self) -> str:
        return "hard"


class SoftContact(AbstractContact):
    r"""What is missed has a price in the constraint: $\tfrac{k}{2} \sum_i (d_i / \sigma)^2$.

    $d_i$ is the depth of node $i$ in the obstacle that it is deepest in; with terms, each number
    that is missed, of terms and of every obstacle. A step of size $\lambda$
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
        if touch.is_nothing:
            return jnp.zeros_like(unit)
        if touch.terms:
            gap = touch.gaps(position)
            missed = jnp.where(touch.is_equality(position), gap, jnp.minimum(gap, 0.0)) / unit
            return 0.5 * self.stiffness * jnp.sum(missed**2)
        room, _ = gaps(touch.obstacles, position, touch.radius)
        depth = jnp.where(touch.is_free, jnp.maximum(-jnp.min(room, axis=0), 0.0), 0.0) / unit
        return 0.5 * self.stiffness * jnp.sum(depth**2)

    def push(
        self, touch: Touch, position: Float[Array, "node dim"], step_size: float
    ) -> Float[Array, "node dim"]:
        price = step_size * self.stiffness
        if touch.terms:
            return projected(touch, position, 1.0 / price, _SWEEPS) - position
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
