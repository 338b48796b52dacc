"""What holds a candidate, and how hard: the active set of a projected minimum."""

import equinox as eqx
import jax
import jax.numpy as jnp
from jax import lax

from ..._types import Array, Bool, Float
from ._problem import InnerProblem

_TOUCHING = 1e-3  # of room, in units of a candidate, up to which a node touches an obstacle
# What rows that push the same way give in, so that they share what they hold.
_SHARED = 1e-6
_FLAT = 1e-12  # of a squared slope, from which on a row can hold anything


class ActiveSet(eqx.Module):
    r"""What holds nodes at a candidate where no projected step moves any: obstacles and terms.

    There $\nabla c(y) = \sum_k \lambda_k \nabla g_k(y)$ with $g_k(y) = 0$, $\lambda_k > 0$ of what
    has to be at least 0 and of any sign of what has to be 0. Both conditions together, of candidate
    and multipliers, are what the implicit function theorem differentiates. Where a node only just
    touches, a multiplier is 0 and the derivative is one of two sides.

    Source: Nocedal and Wright (2006), Numerical Optimization, sections 12.3 and 16.1.

    **Arguments:** `is_active`: which rows of the problem's `touch` hold; `pressure`: $\lambda$, in
    units of the constraint.
    """

    is_active: Bool[Array, " row"]
    pressure: Float[Array, " row"]

    @classmethod
    def at(cls, problem: InnerProblem, candidate: Float[Array, "node dim"]) -> "ActiveSet":
        """Of a candidate at which nothing is missed."""
        kept = problem.touch.is_equality(problem.position(candidate))
        near = kept | (rooms(problem, candidate) < _TOUCHING)
        near = near & (jnp.sum(_slopes(problem, candidate) ** 2, axis=1) > _FLAT)
        pressed = near & (kept | (_pressures(problem, candidate, near) > 0))
        return cls(pressed, _pressures(problem, candidate, pressed))

    def slope(
        self,
        problem: InnerProblem,
        candidate: Float[Array, "node dim"],
        pressure: Float[Array, " row"],
    ) -> tuple[Float[Array, "node dim"], Float[Array, " row"]]:
        """What vanishes at the projected minimum, and which every number moves."""

        def lagrangian(each: Array) -> Array:
            held = jnp.where(self.is_active, pressure * rooms(problem, each), 0.0)
            return problem.value(each) - jnp.sum(held)

        still = problem.masked(candidate)
        off = problem.masked(jax.grad(lagrangian)(still)) + (candidate - still)
        given_in = _SHARED * (pressure - lax.stop_gradient(self.pressure))
        room = rooms(problem, still) + given_in
        return off, jnp.where(self.is_active, room, pressure)

    def tangent(
        self, problem: InnerProblem, candidate: Float[Array, "node dim"]
    ) -> Float[Array, "coordinate coordinate"]:
        """The projection of moves on those that are left, of all nodes' coordinates in a row."""
        slopes = jnp.where(self.is_active[:, None], _slopes(problem, candidate), 0.0)
        hold = jnp.linalg.solve(_gram(slopes, self.is_active), slopes)
        return jnp.eye(candidate.size, dtype=candidate.dtype) - slopes.T @ hold


def rooms(problem: InnerProblem, candidate: Float[Array, "node dim"]) -> Float[Array, " row"]:
    """What is asked beside what is learned, in units of a candidate."""
    return problem.touch.gaps(problem.position(candidate)) / problem.unit


def _slopes(problem: InnerProblem, candidate: Array) -> Float[Array, "row coordinate"]:
    """By how much a candidate's coordinates change it."""
    return problem.touch.slopes(problem.position(candidate)).reshape(-1, candidate.size)


def _gram(slopes: Array, is_active: Array) -> Float[Array, "row row"]:
    own = jnp.where(is_active, jnp.asarray(_SHARED, slopes.dtype), 1.0)
    return slopes @ slopes.T + jnp.diag(own)


def _pressures(problem: InnerProblem, candidate: Array, is_active: Array) -> Array:
    """Multipliers of the active rows that balance the constraint's gradient best."""
    slopes = jnp.where(is_active[:, None], _slopes(problem, candidate), 0.0)
    pull = slopes @ problem.gradient(candidate).reshape(-1)
    return jnp.linalg.solve(_gram(slopes, is_active), pull)
