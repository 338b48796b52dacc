"""Untrained learned simulators, small enough to compile at once."""

import jax
import pytest

from invdesign.graphs import ObstacleGraph, RadiusGraph
from invdesign.simulators import ParticleNetwork, ParticleSimulator
from invdesign.simulators.particle._features import Statistics


@pytest.fixture
def make_simulator():
    """A simulator with random weights; `wildness` scales what the network adds in a frame."""

    def make(*, edges_per_node=24.0, wildness=1.0, seed=0, kind=ParticleNetwork, mixing=0.0):
        network = kind(latent=8, num_steps=1, depth=1, normalize=True, key=jax.random.key(seed))
        scales = Statistics(
            relative_velocity=2e-3,
            obstacle_velocity=8e-3,
            position_change=1e-3 * wildness,
            velocity_change=1e-3 * wildness,
        )
        return ParticleSimulator(
            network=network,
            statistics=scales,
            connectivity=RadiusGraph(0.028, edges_per_node),
            obstacle_graph=ObstacleGraph(0.04, 4.0),
            dt=0.01,
            mixing=mixing,
        )

    return make
