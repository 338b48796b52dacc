"""Encode, process, decode: from features of a particle graph to accelerations."""

from typing import NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp

from ..._types import Array, Float, PRNGKeyArray
from ...graphs import EdgeList
from ...nn import MLP, Interaction
from ._features import (
    ObstacleFeatures,
    PairFeatures,
    num_obstacle_scalars,
    num_pair_scalars,
)


class ParticleGraph(NamedTuple):
    """A particle graph as the network reads it; several scenes may share one as disjoint parts."""

    pairs: EdgeList
    pair_features: PairFeatures
    obstacles: EdgeList
    obstacle_features: ObstacleFeatures
    num_nodes: int
    damping_unit: float  # relative velocity removed in a frame by a coefficient of one


class ParticleNetwork(eqx.Module):
    r"""A graph network whose accelerations conserve momentum and turn with the scene.

    Latents are processed as in GNS, but inputs are scalars that no rotation, reflection or common
    velocity changes, and the acceleration of particle $i$ is decoded as
    $a_i = \sum_j w_{ij} (s^1_{ij} \hat r_{ij} + s^2_{ij} \Delta v_{ij})
         + \sum_o w_{io} (q^1 n + q^2 v_n n + q^3 v_t)$
    with coefficients $s_{ij} = s_{ji}$: forces between particles are equal and opposite; only
    obstacles exchange momentum with the water.

    Source: encode-process-decode of Sanchez-Gonzalez et al. (2020), section 3.2; the antisymmetric
    decoder follows the pairwise form of particle methods (Monaghan 2005, section 2).

    **Arguments:**

    - `latent`: width of all latents and hidden layers.
    - `num_steps`: message passing steps, unshared.
    - `depth`: hidden layers of each MLP.
    - `num_velocities`: past velocities a particle remembers.
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
        num_velocities: int,
        normalize: bool,
        key: PRNGKeyArray,
    ):
        keys = iter(jax.random.split(key, 7 + num_steps))
        hidden = (latent,) * (depth + 1)
        pair, obstacle = num_pair_scalars(num_velocities), num_obstacle_scalars(num_velocities)
        self.edge_encoder = MLP((pair, *hidden), key=next(keys), normalize=normalize)
        self.obstacle_encoder = MLP((obstacle, *hidden), key=next(keys), normalize=normalize)
        self.node_encoder = MLP((2 * latent, *hidden), key=next(keys), normalize=normalize)
        self.pair_nodes = jax.random.normal(next(keys), (latent, latent)) / latent**0.5
        self.pair_decoder = MLP((pair, *hidden[:-1], 2), key=next(keys), output_scale=0.1)
        self.obstacle_nodes = jax.random.normal(next(keys), (latent, latent)) / latent**0.5
        self.obstacle_decoder = MLP((obstacle, *hidden[:-1], 3), key=next(keys), output_scale=0.1)
        self.interactions = tuple(
            Interaction(latent, depth, normalize=normalize, key=next(keys))
            for _ in range(num_steps)
        )

    def __call__(self, graph: ParticleGraph) -> Float[Array, "node dim"]:
        """Accelerations in units of the training data's spread, gravity not included."""
        nodes, edges = self.encode(graph)
        for interaction in self.interactions:
            nodes, edges = interaction(graph.pairs, graph.pair_features.weight, nodes, edges)
        return self._pair_force(graph, nodes) + self._obstacle_force(graph, nodes)

    def encode(self, graph: ParticleGraph) -> tuple[Array, Array]:
        """Latents of nodes (from their surroundings alone) and of edges."""
        pair, obstacle = graph.pair_features, graph.obstacle_features
        edges = self.edge_encoder(pair.scalars)
        touch = self.obstacle_encoder(obstacle.scalars) * obstacle.weight[:, None]
        around = graph.pairs.sum_at_receivers(pair.weight[:, None] * edges, graph.num_nodes)
        touched = graph.obstacles.sum_at_receivers(touch, graph.num_nodes)
        return self.node_encoder(jnp.concatenate([around, touched], axis=1)), edges

    def _pair_force(self, graph: ParticleGraph, nodes: Array) -> Float[Array, "node dim"]:
        first = self.pair_decoder.layers[0]
        seen = nodes @ self.pair_nodes
        hidden = graph.pair_features.scalars @ first.weight + first.bias[None]
        hidden = hidden + graph.pairs.at_senders(seen) + graph.pairs.at_receivers(seen)
        coefficients = self.pair_decoder.finish(hidden) * graph.pair_features.weight[:, None]
        coefficients = _limit_damping(graph, coefficients)
        force = jnp.sum(coefficients[:, :, None] * graph.pair_features.vectors, axis=1)
        return graph.pairs.sum_at_receivers(force, graph.num_nodes)

    def _obstacle_force(self, graph: ParticleGraph, nodes: Array) -> Float[Array, "node dim"]:
        first = self.obstacle_decoder.layers[0]
        seen = graph.obstacles.at_receivers(nodes @ self.obstacle_nodes)
        hidden = graph.obstacle_features.scalars @ first.weight + first.bias[None] + seen
        coefficients = self.obstacle_decoder.finish(hidden)
        coefficients = coefficients * graph.obstacle_features.weight[:, None]
        force = jnp.sum(coefficients[:, :, None] * graph.obstacle_features.vectors, axis=1)
        return graph.obstacles.sum_at_receivers(force, graph.num_nodes)


def _limit_damping(graph: ParticleGraph, coefficients: Array) -> Array:
    """Coefficients of which no particle loses more than all of its relative motion in a frame.

    An explicit step with more damping than that turns it round and feeds it. Both particles of
    a pair share the stricter limit, so that momentum stays conserved.
    """
    size = graph.damping_unit * jnp.abs(coefficients[:, 1:])
    total = graph.pairs.sum_at_receivers(size, graph.num_nodes)
    most = jnp.maximum(graph.pairs.at_senders(total), graph.pairs.at_receivers(total))
    limited = coefficients[:, 1:] / jnp.maximum(most, 1.0)
    return jnp.concatenate([coefficients[:, :1], limited], axis=1)
