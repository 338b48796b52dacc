"""Encode, process, decode: from features of a particle graph to accelerations."""

from typing import NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp

from ..._types import Array, Float, PRNGKeyArray
from ...graphs import EdgeList
from ...nn import MLP, Interaction, sum_messages
from ._features import (
    NUM_OBSTACLE_SCALARS,
    NUM_OBSTACLE_VECTORS,
    NUM_PAIR_SCALARS,
    NUM_PAIR_VECTORS,
    ObstacleFeatures,
    PairFeatures,
)

_NUM_CHANGES = 2  # of positions and of velocities


class ParticleGraph(NamedTuple):
    """A particle graph as the network reads it; several scenes may share one as disjoint parts."""

    pairs: EdgeList
    pair_features: PairFeatures
    obstacles: EdgeList
    obstacle_features: ObstacleFeatures
    num_nodes: int
    # Relative velocity removed in a frame by a coefficient of one, of positions and velocities.
    damping_unit: tuple[float, float]


class ParticleNetwork(eqx.Module):
    r"""A graph network whose changes of motion conserve momentum and turn with the scene.

    Latents are processed as in GNS, but inputs are scalars that no rotation, reflection or common
    velocity changes, and what is added to position and velocity of particle $i$ is decoded as
    $\sum_j w_{ij} (s^1_{ij} \hat r_{ij} + s^2_{ij} \Delta v_{ij} + s^3_{ij} \Delta d_{ij})
         + \sum_o w_{io} (q^1 + q^2 v_n) n$
    with coefficients of their own for each of the two and $s_{ij} = s_{ji}$: forces between
    particles are equal and opposite; only obstacles exchange momentum with the water, and only
    along their normals (free slip).

    Source: encode-process-decode of Sanchez-Gonzalez et al. (2020), section 3.2; the antisymmetric
    decoder follows the pairwise form of particle methods (Monaghan 2005, section 2).

    **Arguments:**

    - `latent`: width of all latents and hidden layers.
    - `num_steps`: message passing steps, unshared.
    - `depth`: hidden layers of each MLP.
    - `normalize`: a `LayerNorm` at the end of each MLP.
    """

    edge_encoder: MLP
    obstacle_encoder: MLP
    node_encoder: MLP
    interactions: tuple[Interaction, ...]
    pair_nodes: Float[Array, "latent latent"]
    pair_decoder: MLP
    obstacle_nodes: Float[Array, "latent latent"]
    obstacle_decoder: MLP

    def __init__(
        self,
        *,
        latent: int,
        num_steps: int,
        depth: int,
        normalize: bool,
        key: PRNGKeyArray,
    ):
        keys = iter(jax.random.split(key, 7 + num_steps))
        hidden = (latent,) * (depth + 1)
        pair, obstacle = NUM_PAIR_SCALARS, NUM_OBSTACLE_SCALARS
        forces, contacts = _NUM_CHANGES * NUM_PAIR_VECTORS, _NUM_CHANGES * NUM_OBSTACLE_VECTORS
        self.edge_encoder = MLP((pair, *hidden), key=next(keys), normalize=normalize)
        self.obstacle_encoder = MLP((obstacle, *hidden), key=next(keys), normalize=normalize)
        self.node_encoder = MLP((2 * latent, *hidden), key=next(keys), normalize=normalize)
        self.pair_nodes = jax.random.normal(next(keys), (latent, latent)) / latent**0.5
        self.pair_decoder = MLP((pair, *hidden[:-1], forces), key=next(keys), output_scale=0.1)
        self.obstacle_nodes = jax.random.normal(next(keys), (latent, latent)) / latent**0.5
        self.obstacle_decoder = MLP(
            (obstacle, *hidden[:-1], contacts), key=next(keys), output_scale=0.1
        )
        self.interactions = tuple(
            Interaction(latent, depth, normalize=normalize, key=next(keys))
            for _ in range(num_steps)
        )

    def __call__(self, graph: ParticleGraph) -> Float[Array, "node 2 dim"]:
        """What is added to positions and to velocities, in units of the training data's spread."""
        nodes, edges = self.encode(graph)
        for interaction in self.interactions:
            nodes, edges = interaction(graph.pairs, graph.pair_features.weight, nodes, edges)
        return self._pair_force(graph, nodes) + self._obstacle_force(graph, nodes)

    def encode(self, graph: ParticleGraph) -> tuple[Array, Array]:
        """Latents of nodes (from their surroundings alone) and of edges."""
        pair, obstacle = graph.pair_features, graph.obstacle_features
        around, edges = sum_messages(
            self.edge_encoder, graph.pairs, pair.scalars, pair.weight, graph.num_nodes
        )
        touched, _ = sum_messages(
            self.obstacle_encoder,
            graph.obstacles,
            obstacle.scalars,
            obstacle.weight,
            graph.num_nodes,
        )
        return self.node_encoder(jnp.concatenate([around, touched], axis=1)), edges

    def _pair_force(self, graph: ParticleGraph, nodes: Array) -> Float[Array, "node 2 dim"]:
        first = self.pair_decoder.layers[0]
        seen = nodes @ self.pair_nodes
        hidden = graph.pair_features.scalars @ first.weight + first.bias[None]
        hidden = hidden + graph.pairs.at_senders(seen) + graph.pairs.at_receivers(seen)
        coefficients = self.pair_decoder.finish(hidden) * graph.pair_features.weight[:, None]
        coefficients = coefficients.reshape(-1, _NUM_CHANGES, NUM_PAIR_VECTORS)
        coefficients = _limit_damping(graph, coefficients)
        forces = _combine(coefficients, graph.pair_features.vectors)
        return _sum_forces(graph.pairs, forces, graph.num_nodes)

    def _obstacle_force(self, graph: ParticleGraph, nodes: Array) -> Float[Array, "node 2 dim"]:
        first = self.obstacle_decoder.layers[0]
        seen = graph.obstacles.at_receivers(nodes @ self.obstacle_nodes)
        hidden = graph.obstacle_features.scalars @ first.weight + first.bias[None] + seen
        coefficients = self.obstacle_decoder.finish(hidden)
        coefficients = coefficients * graph.obstacle_features.weight[:, None]
        coefficients = coefficients.reshape(-1, _NUM_CHANGES, NUM_OBSTACLE_VECTORS)
        forces = _combine(coefficients, graph.obstacle_features.vectors)
        return _sum_forces(graph.obstacles, forces, graph.num_nodes)


def _combine(
    coefficients: Float[Array, "edge 2 vector"], vectors: Float[Array, "edge vector dim"]
) -> Float[Array, "edge 2 dim"]:
    return jnp.sum(coefficients[..., None] * vectors[:, None], axis=2)


def _sum_forces(edges: EdgeList, forces: Array, num_nodes: int) -> Float[Array, "node 2 dim"]:
    rows = forces.reshape(forces.shape[0], -1)
    return edges.sum_at_receivers(rows, num_nodes).reshape(num_nodes, *forces.shape[1:])


def _limit_damping(
    graph: ParticleGraph, coefficients: Float[Array, "edge 2 vector"]
) -> Float[Array, "edge 2 vector"]:
    """Coefficients of which no particle loses more than all of its relative motion in a frame.

    An explicit step with more damping than that turns it round and feeds it. Both particles of
    a pair share the stricter limit, so that momentum stays conserved.
    """
    unit = jnp.asarray(graph.damping_unit, coefficients.dtype)
    size = unit[None] * jnp.sum(jnp.abs(coefficients[..., 1:]), axis=-1)
    total = graph.pairs.sum_at_receivers(size, graph.num_nodes)
    most = jnp.maximum(graph.pairs.at_senders(total), graph.pairs.at_receivers(total))
    limited = coefficients[..., 1:] / jnp.maximum(most, 1.0)[..., None]
    return jnp.concatenate([coefficients[..., :1], limited], axis=-1)
