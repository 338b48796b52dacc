"""Encode, process, decode: from features of a particle graph to accelerations."""

import abc
from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp

from ..._types import Array, Float, PRNGKeyArray
from ...graphs import EdgeList
from ...nn import MLP, Interaction, map_edges, sum_messages
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


class AbstractParticleNetwork(eqx.Module):
    """What a `ParticleSimulator` asks at every step."""

    @abc.abstractmethod
    def __call__(self, graph: ParticleGraph) -> Float[Array, "node 2 dim"]:
        """What is added to positions and to velocities, in units of the training data's spread."""


class ParticleNetwork(AbstractParticleNetwork):
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
        features = graph.pair_features
        unit = jnp.asarray(graph.damping_unit, nodes.dtype)
        coefficients, damping = map_edges(
            _pair_coefficients,
            (self.pair_decoder, nodes @ self.pair_nodes, unit),
            graph.pairs,
            (features.scalars, features.weight),
            graph.num_nodes,
        )
        _, forces = map_edges(
            _pair_forces,
            damping,
            graph.pairs,
            (coefficients, features.vectors),
            graph.num_nodes,
        )
        return forces

    def _obstacle_force(self, graph: ParticleGraph, nodes: Array) -> Float[Array, "node 2 dim"]:
        features = graph.obstacle_features
        _, forces = map_edges(
            _obstacle_forces,
            (self.obstacle_decoder, nodes @ self.obstacle_nodes),
            graph.obstacles,
            (features.scalars, features.weight, features.vectors),
            graph.num_nodes,
        )
        return forces


def _obstacle_forces(shared: Any, obstacles: EdgeList, rows: Any) -> tuple[tuple[()], Array]:
    """What each obstacle adds to a particle near it, (edge, 2, dim)."""
    decoder, seen = shared
    scalars, weight, vectors = rows
    hidden = decoder.layers[0](scalars) + obstacles.at_receivers(seen)
    coefficients = decoder.finish(hidden) * weight[:, None]
    coefficients = coefficients.reshape(-1, _NUM_CHANGES, NUM_OBSTACLE_VECTORS)
    return (), _combine(_columns(coefficients), vectors)


def _pair_coefficients(shared: Any, pairs: EdgeList, rows: Any) -> tuple[Array, Array]:
    """Coefficients of each pair's vectors, (edge, 2, 3), and its damping, (edge, 2)."""
    decoder, seen, unit = shared
    scalars, weight = rows
    hidden = decoder.layers[0](scalars) + pairs.at_senders(seen) + pairs.at_receivers(seen)
    coefficients = decoder.finish(hidden) * weight[:, None]
    coefficients = coefficients.reshape(-1, _NUM_CHANGES, NUM_PAIR_VECTORS)
    damping = [jnp.abs(c[1]) + jnp.abs(c[2]) for c in _columns(coefficients)]
    return coefficients, unit[None] * jnp.stack(damping, axis=1)


def _pair_forces(damping: Array, pairs: EdgeList, rows: Any) -> tuple[tuple[()], Array]:
    """What each pair adds to its receiver, (edge, 2, dim).

    No particle loses more than all of its relative motion in a frame: an explicit step with more
    damping than that turns it round and feeds it. Both particles of a pair share the stricter
    limit, so that momentum stays conserved.
    """
    coefficients, vectors = rows
    most = jnp.maximum(pairs.at_senders(damping), pairs.at_receivers(damping))
    share = 1.0 / jnp.maximum(most, 1.0)
    columns = [
        (direct, share[:, change] * approach, share[:, change] * drift)
        for change, (direct, approach, drift) in enumerate(_columns(coefficients))
    ]
    return (), _combine(columns, vectors)


Columns = list[tuple[Float[Array, " edge"], ...]]


def _columns(coefficients: Float[Array, "edge 2 vector"]) -> Columns:
    num_vectors = coefficients.shape[2]
    return [tuple(coefficients[:, c, k] for k in range(num_vectors)) for c in range(_NUM_CHANGES)]


def _combine(columns: Columns, vectors: Float[Array, "edge vector dim"]) -> Array:
    """Sums of coefficients times vectors, (edge, 2, dim).

    A component at a time: on a CPU sums over axes of two or three run five times slower.
    """
    dim = vectors.shape[2]
    sums = [
        sum(c * vectors[:, k, axis] for k, c in enumerate(coefficients))
        for coefficients in columns
        for axis in range(dim)
    ]
    return jnp.stack(sums, axis=1).reshape(-1, _NUM_CHANGES, dim)
