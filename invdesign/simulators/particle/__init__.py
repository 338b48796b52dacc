"""Learned particle simulators."""

from ._features import Apart as Apart, Statistics as Statistics
from ._network import (
    AbstractParticleNetwork as AbstractParticleNetwork,
    ParticleGraph as ParticleGraph,
    ParticleNetwork as ParticleNetwork,
)
from ._plain import PlainNetwork as PlainNetwork
from ._ranges import WaterRanges as WaterRanges
from ._simulator import (
    MARGIN as MARGIN,
    ParticleContext as ParticleContext,
    ParticleSimulator as ParticleSimulator,
    ParticleState as ParticleState,
    num_sweeps as num_sweeps,
    particle_graph as particle_graph,
)
