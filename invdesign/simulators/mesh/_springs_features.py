"""What a network is told of moving meshes: relative positions, kinds of nodes, their motion."""

from typing import NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp

from ..._geometry import safe_sqrt
from ..._types import Array, Float, Scalar
from ...graphs import EdgeList
from ...scenes._springs import NodeKind, Support
from .._fade import fade
from ._units import standardized


class SpringStatistics(eqx.Module):
    """Means and deviations that a network's inputs and outputs are measured in.

    **Arguments:**

    - `velocity`: of all nodes in metres a second, `(2, dim)`.
    - `edges`: of the mesh edges' features, `(2, feature)`.
    - `acceleration`: of free nodes beside gravity's, in metres a second squared, `(2, dim)`.
    """

    velocity: Float[Array, "2 dim"]
    edges: Float[Array, "2 feature"]
    acceleration: Float[Array, "2 dim"]


class SpringContext(eqx.Module):
    """What is constant over a rollout: the mesh as it is at rest, its supports, and gravity.

    **Arguments:** `rest`: of each edge in mesh space, as `offsets` has them, `(edge, feature)`;
    `stiffness`: of each edge, over the material's.
    """

    mesh: EdgeList
    rest: Float[Array, "edge feature"]
    stiffness: Float[Array, " edge"]
    support: Support
    gravity: Float[Array, " dim"]


class SpringState(eqx.Module):
    """Positions (m) of the nodes, their mean velocities over the last frame (m/s), the time (s)."""

    position: Float[Array, "node dim"]
    velocity: Float[Array, "node dim"]
    time: Scalar


class SpringGraph(NamedTuple):
    """Nodes and the edges of the mesh and of the world as a network reads them."""

    nodes: Float[Array, "node feature"]
    graphs: tuple[EdgeList, EdgeList]
    rows: tuple[Array, Array]
    weights: tuple[Array, Array]


def num_features(mesh: int, dim: int) -> tuple[int, int, int]:
    """Features of a node, of an edge of the mesh and of an edge of the world.

    **Arguments:** `mesh`, `dim`: coordinates in mesh space and in the world.
    """
    return len(NodeKind) + dim, (mesh + 1) + (dim + 1) + dim, dim + 1


def offsets(position: Float[Array, "node dim"], edges: EdgeList) -> Float[Array, "edge offset"]:
    """From receiver to sender, and how far that is; zeros in empty slots."""
    offset = edges.at_senders(position) - edges.at_receivers(position)
    offset = jnp.where(edges.mask[:, None], offset, 0.0)
    length = safe_sqrt(jnp.sum(offset**2, axis=1))
    return jnp.concatenate([offset, length[:, None]], axis=1)


def mesh_features(
    rest: Float[Array, "edge rest"], now: Float[Array, "edge now"], stiffness: Float[Array, " edge"]
) -> Float[Array, "edge feature"]:
    """Offsets at rest and now, each with its length, and the pull along the edge's direction.

    Forces hang on the last, which is stiffness times stretch: a small difference of lengths, times
    a direction, which is a product that networks are slow to learn.
    """
    pull = stiffness[:, None] * (now[:, -1:] - rest[:, -1:]) / jnp.maximum(now[:, -1:], 1e-9)
    return jnp.concatenate([rest, now, pull * now[:, :-1]], axis=1)


def elastic_graph(
    context: SpringContext,
    state: SpringState,
    world: EdgeList,
    *,
    radius: float,
    statistics: SpringStatistics,
) -> SpringGraph:
    """The network's input: relative positions only, so that it cannot know where the scene is.

    Boundary conditions are features of the nodes: their kind, and for driven ones the velocity at
    which they are about to move. Edges of the world fade out towards their radius.

    Source: Pfaff et al. (2021), section 3.1 and table 1 of the appendix; the pull and the
    fading are ours.
    """
    mesh, kind = context.mesh, context.support.kind
    one_hot = jax.nn.one_hot(kind, len(NodeKind), dtype=state.velocity.dtype)
    velocity = standardized(state.velocity, statistics.velocity)
    rows = standardized(
        mesh_features(context.rest, offsets(state.position, mesh), context.stiffness),
        statistics.edges,
    )
    near = offsets(state.position, world) / radius
    return SpringGraph(
        nodes=jnp.concatenate([one_hot, velocity], axis=1),
        graphs=(mesh, world),
        rows=(jnp.where(mesh.mask[:, None], rows, 0.0), near),
        weights=(mesh.mask.astype(rows.dtype), fade(near[:, -1], world.mask)),
    )
