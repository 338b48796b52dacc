"""Learned simulators."""

from ._ensemble import Ensemble as Ensemble
from .mesh import (
    FoilContext as FoilContext,
    FoilSimulator as FoilSimulator,
    FoilStatistics as FoilStatistics,
    MeshNetwork as MeshNetwork,
)
from .particle import (
    AbstractParticleNetwork as AbstractParticleNetwork,
    ParticleNetwork as ParticleNetwork,
    ParticleSimulator as ParticleSimulator,
    PlainNetwork as PlainNetwork,
    Statistics as Statistics,
)
