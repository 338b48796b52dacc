"""Learned particle simulators."""

from ._features import Statistics as Statistics
from ._network import ParticleGraph as ParticleGraph, ParticleNetwork as ParticleNetwork
from ._simulator import (
    ParticleContext as ParticleContext,
    ParticleSimulator as ParticleSimulator,
    ParticleState as ParticleState,
    ballistic_history as ballistic_history,
    particle_graph as particle_graph,
)
