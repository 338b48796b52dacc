"""The one-step loss of a packed batch."""

import jax.numpy as jnp

from ..._types import Scalar
from ...graphs import EdgeList
from ...simulators.particle._build import ModelConfig
from ...simulators.particle._features import Apart, Statistics
from ...simulators.particle._network import AbstractParticleNetwork
from ...simulators.particle._simulator import particle_graph
from ._batches import Batch, node_arrays


def one_step_loss(
    network: AbstractParticleNetwork,
    batch: Batch,
    *,
    model: ModelConfig,
    statistics: Statistics,
    gravity: tuple[float, float],
) -> Scalar:
    """Mean squared errors of positions and velocities in units of their changes' spread, summed.

    Source: Sanchez-Gonzalez et al. (2020), section 4.3.
    """
    nodes = node_arrays(batch.graph)
    real = jnp.asarray(nodes["real"])
    num_real = jnp.sum(real)
    senders, receivers = jnp.asarray(batch.graph.senders), jnp.asarray(batch.graph.receivers)
    pairs = EdgeList(senders, receivers, real[receivers])
    mask = jnp.asarray(batch.obstacle_mask)
    particle = jnp.asarray(batch.obstacle_particle)
    down = jnp.asarray(gravity) / jnp.linalg.norm(jnp.asarray(gravity))
    delta = jnp.asarray(batch.obstacle_delta)
    graph = particle_graph(
        jnp.asarray(nodes["ahead"]),
        jnp.asarray(nodes["moves"]),
        pairs,
        EdgeList(particle, particle, mask),
        Apart(
            delta,
            jnp.asarray(batch.obstacle_distance),
            jnp.asarray(batch.obstacle_radius),
            jnp.broadcast_to(down[None], delta.shape),
        ),
        radius=model.radius,
        reach=model.reach,
        statistics=statistics,
    )
    unit = jnp.asarray((statistics.position_change, statistics.velocity_change))
    error = network(graph) - jnp.asarray(nodes["target"]) / unit[None, :, None]
    squared = jnp.where(real[:, None, None], error**2, 0.0)
    return jnp.sum(squared) / jnp.maximum(num_real, 1).astype(squared.dtype)
