"""The network of GNS as published: no symmetry but translation, and forces read off the nodes."""

import jax
import jax.numpy as jnp

from ..._types import Array, Float, PRNGKeyArray
from ...nn import MLP, Interaction, sum_messages
from ._features import (
    NUM_OBSTACLE_SCALARS,
    NUM_OBSTACLE_VECTORS,
    NUM_PAIR_SCALARS,
    NUM_PAIR_VECTORS,
)
from ._network import AbstractParticleNetwork, ParticleGraph

_NUM_CHANGES = 2  # of positions and of velocities
_DIM = 2


class PlainNetwork(AbstractParticleNetwork):
    """Encode-process-decode on raw relative motion, for comparison with `ParticleNetwork`.

    It sees the same neighbours and obstacles, with components of vectors beside the scalars, and
    decodes every particle's changes from its own latent: nothing is conserved, and a turned scene
    is another one.

    Source: Sanchez-Gonzalez et al. (2020), sections 3 and 4.2.

    **Arguments:** as `ParticleNetwork`.
    """

    edge_encoder: MLP
    obstacle_encoder: MLP
    node_encoder: MLP
    interactions: tuple[Interaction, ...]
    decoder: MLP

    def __init__(
        self, *, latent: int, num_steps: int, depth: int, normalize: bool, key: PRNGKeyArray
    ):
        keys = list(jax.random.split(key, 4 + num_steps))
        hidden = (latent,) * (depth + 1)
        pair = NUM_PAIR_SCALARS + _DIM * NUM_PAIR_VECTORS
        obstacle = NUM_OBSTACLE_SCALARS + _DIM * NUM_OBSTACLE_VECTORS
        self.edge_encoder = MLP((pair, *hidden), key=keys[0], normalize=normalize)
        self.obstacle_encoder = MLP((obstacle, *hidden), key=keys[1], normalize=normalize)
        self.node_encoder = MLP((2 * latent, *hidden), key=keys[2], normalize=normalize)
        changes = _NUM_CHANGES * _DIM
        self.decoder = MLP((latent, *hidden[:-1], changes), key=keys[3], output_scale=0.1)
        self.interactions = tuple(
            Interaction(latent, depth, normalize=normalize, key=k) for k in keys[4:]
        )

    def __call__(self, graph: ParticleGraph) -> Float[Array, "node 2 dim"]:
        pair, obstacle = graph.pair_features, graph.obstacle_features
        around, edges = sum_messages(
            self.edge_encoder,
            graph.pairs,
            _with_components(pair.scalars, pair.vectors),
            pair.weight,
            graph.num_nodes,
        )
        touched, _ = sum_messages(
            self.obstacle_encoder,
            graph.obstacles,
            _with_components(obstacle.scalars, obstacle.vectors),
            obstacle.weight,
            graph.num_nodes,
        )
        nodes = self.node_encoder(jnp.concatenate([around, touched], axis=1))
        for interaction in self.interactions:
            nodes, edges = interaction(graph.pairs, pair.weight, nodes, edges)
        return self.decoder(nodes).reshape(graph.num_nodes, _NUM_CHANGES, _DIM)


def _with_components(
    scalars: Float[Array, "edge feature"], vectors: Float[Array, "edge vector dim"]
) -> Float[Array, "edge all"]:
    return jnp.concatenate([scalars, vectors.reshape(scalars.shape[0], -1)], axis=1)
