"""What an inner solve is of: a frame's end, as accelerations in units of their spread."""

import equinox as eqx
import jax
import jax.numpy as jnp

from ..._types import Array, Bool, Float, Scalar
from ._contact import AbstractContact
from ._mirrored import MirroredNetwork
from ._network import ConstraintNetwork
from ._sight import AbstractSight
from ._touch import Touch


class InnerProblem(eqx.Module):
    r"""The constraint that the next positions have to fulfil.

    A candidate $y$ moves the nodes to $x + v + \sigma y$; with $r_i(y)$ what the network says of
    node $i$, $c(y) = \tfrac12 \sum_i |r_i(y)|^2$ over the free nodes, and what is soft adds.

    **Arguments:**

    - `network`; `sight`: what it sees of positions; `is_free`: which nodes move.
    - `nodes`, `edges`: features that do not hang on the candidate.
    - `coasting`: positions of the nodes if they keep their velocities, `(node, dim)`.
    - `unit`: $\sigma$ in metres.
    - `contact`, `touch`: how obstacles and terms act, and which there are.
    """

    network: ConstraintNetwork | MirroredNetwork
    sight: AbstractSight
    is_free: Bool[Array, " node"]
    nodes: Float[Array, "node feature"]
    edges: Float[Array, "edge relation"]
    coasting: Float[Array, "node dim"]
    unit: Scalar
    contact: AbstractContact
    touch: Touch

    def position(self, candidate: Float[Array, "node dim"]) -> Float[Array, "node dim"]:
        """Where a candidate moves the nodes, in metres."""
        return self.coasting + self.unit * candidate

    def outputs(self, candidate: Float[Array, "node dim"]) -> Float[Array, "node output"]:
        """What the network says of a candidate."""
        position, sight = self.position(candidate), self.sight
        return self.network(
            sight.graph,
            jnp.concatenate([self.nodes, sight.nodes(position), candidate], axis=1),
            jnp.concatenate([self.edges, sight.edges(position)], axis=1),
        )

    def learned(self, candidate: Float[Array, "node dim"]) -> Scalar:
        """What the network makes of the constraint, at least 0."""
        squared = jnp.sum(self.outputs(candidate) ** 2, axis=1)
        return 0.5 * jnp.sum(jnp.where(self.is_free, squared, 0.0))

    def value(self, candidate: Float[Array, "node dim"]) -> Scalar:
        """The constraint, at least 0."""
        price = self.contact.penalty(self.touch, self.position(candidate), self.unit)
        return self.learned(candidate) + price

    def gradient(self, candidate: Float[Array, "node dim"]) -> Float[Array, "node dim"]:
        """Of the constraint, by the free nodes' coordinates; zero for the others."""
        return self.masked(jax.grad(self.value)(candidate))

    def masked(self, rows: Float[Array, "node dim"]) -> Float[Array, "node dim"]:
        """Rows of the free nodes, zeros for the others."""
        return jnp.where(self.is_free[:, None], rows, 0.0)

    def settled(
        self, candidate: Float[Array, "node dim"], step_size: float
    ) -> Float[Array, "node dim"]:
        """A candidate after obstacles and terms have pushed it, as they do after such a step."""
        if self.touch.is_nothing:
            return candidate
        moved = self.contact.push(self.touch, self.position(candidate), step_size)
        return candidate + self.masked(moved / self.unit)
