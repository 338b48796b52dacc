"""Which obstacles hold a candidate, and how hard: the active set of a projected minimum."""

import equinox as eqx
import jax
import jax.numpy as jnp
from jax import lax

from ..._types import Array, Bool, Float
from ...scenes._ropes import gaps
from ._problem import InnerProblem

_TOUCHING = 1e-3  # of room, in units of a candidate, up to which a node touches an obstacle
# What obstacles that push the same way give in, so that they share what they hold.
_SHARED = 1e-6


class ActiveSet(eqx.Module):
    r"""The obstacles that hold nodes at a candidate where no projected step moves any.

    There $\nabla c(y) = \sum_k \lambda_k \nabla g_k(y)$ with the rooms $g_k(y) = 0$ and
    $\lambda_k > 0$. Both conditions together, of candidate and multipliers, are what the implicit
    function theorem differentiates. Where a node only just touches, a multiplier is 0 and the
    derivative is one of two sides.

    Source: Nocedal and Wright (2006), Numerical Optimization, sections 12.3 and 16.1.

    **Arguments:** `is_active`: which obstacles hold which nodes; `pressure`: $\lambda$, in units of
    the constraint.
    """

    is_active: Bool[Array, "node obstacle"]
    pressure: Float[Array, "node obstacle"]

    @classmethod
    def at(cls, problem: InnerProblem, candidate: Float[Array, "node dim"]) -> "ActiveSet":
        """Of a candidate outside of the obstacles."""
        near = (rooms(problem, candidate) < _TOUCHING) & problem.is_free[:, None]
        pressed = near & (_pressures(problem, candidate, near) > 0)
        return cls(pressed, _pressures(problem, candidate, pressed))

    def slope(
        self,
        problem: InnerProblem,
        candidate: Float[Array, "node dim"],
        pressure: Float[Array, "node obstacle"],
    ) -> tuple[Float[Array, "node dim"], Float[Array, "node obstacle"]]:
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
    ) -> Float[Array, "node dim dim"]:
        """Projections of each node's moves on those that its obstacles leave it."""
        normals = _normals(problem, candidate, self.is_active)
        hold = jnp.linalg.solve(_gram(normals, self.is_active), normals)
        dim = candidate.shape[1]
        return jnp.eye(dim, dtype=candidate.dtype)[None] - jnp.swapaxes(normals, 1, 2) @ hold


def rooms(
    problem: InnerProblem, candidate: Float[Array, "node dim"]
) -> Float[Array, "node obstacle"]:
    """Room between nodes and obstacles, in units of a candidate."""
    touch = problem.touch
    return gaps(touch.obstacles, problem.position(candidate), touch.radius)[0].T / problem.unit


def _normals(
    problem: InnerProblem, candidate: Array, is_active: Array
) -> Float[Array, "node obstacle dim"]:
    """Ways out of active obstacles, by which a candidate's moves change their room."""
    touch = problem.touch
    ways = gaps(touch.obstacles, problem.position(candidate), touch.radius)[1]
    return jnp.where(is_active[..., None], jnp.stack([way.T for way in ways], axis=-1), 0.0)


def _gram(normals: Array, is_active: Array) -> Float[Array, "node obstacle obstacle"]:
    diagonal = jnp.where(is_active, jnp.asarray(_SHARED, normals.dtype), 1.0)
    own = diagonal[..., None] * jnp.eye(normals.shape[1], dtype=normals.dtype)[None]
    return normals @ jnp.swapaxes(normals, 1, 2) + own


def _pressures(problem: InnerProblem, candidate: Array, is_active: Array) -> Array:
    """Multipliers of the active obstacles that balance the constraint's gradient best."""
    normals = _normals(problem, candidate, is_active)
    pull = normals @ problem.gradient(candidate)[..., None]
    return jnp.linalg.solve(_gram(normals, is_active), pull)[..., 0]
