"""Learned particle simulators."""

from ._build import (
    USUAL_RANGES as USUAL_RANGES,
    ModelConfig as ModelConfig,
    build_network as build_network,
    build_particle_simulator as build_particle_simulator,
    hyperparameters as hyperparameters,
    make_simulator as make_simulator,
)
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
