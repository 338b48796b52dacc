"""The one-step loss of a packed batch."""

import jax.numpy as jnp

from .._types import Scalar
from ..graphs import EdgeList
from ..simulators import ParticleNetwork, Statistics
from ..simulators.particle import particle_graph
from ._batches import Batch, node_arrays
from ._config import ModelConfig


def one_step_loss(
    network: ParticleNetwork,
    batch: Batch,
    *,
    model: ModelConfig,
    statistics: Statistics,
    gravity: tuple[float, float],
) -> Scalar:
    """Mean squared error of the accelerations in units of their spread, over real particles.

    Source: Sanchez-Gonzalez et al. (2020), section 4.3.
    """
    nodes = node_arrays(batch.graph)
    history = jnp.moveaxis(jnp.asarray(nodes["history"]), 1, 0)
    real = jnp.asarray(nodes["real"])
    num_real = jnp.sum(real)
    senders, receivers = jnp.asarray(batch.graph.senders), jnp.asarray(batch.graph.receivers)
    pairs = EdgeList(senders, receivers, real[receivers])
    mask = jnp.asarray(batch.obstacle_mask)
    particle = jnp.asarray(batch.obstacle_particle)
    down = jnp.asarray(gravity) / jnp.linalg.norm(jnp.asarray(gravity))
    delta = jnp.asarray(batch.obstacle_delta)
    graph = particle_graph(
        history,
        pairs,
        EdgeList(particle, particle, mask),
        delta,
        jnp.asarray(batch.obstacle_distance),
        jnp.asarray(batch.obstacle_radius),
        jnp.broadcast_to(down[None], delta.shape),
        radius=model.radius,
        reach=model.reach,
        statistics=statistics,
    )
    error = network(graph) - jnp.asarray(nodes["target"]) / statistics.acceleration
    squared = jnp.where(real[:, None], error**2, 0.0)
    return jnp.sum(squared) / jnp.maximum(num_real, 1).astype(squared.dtype)
