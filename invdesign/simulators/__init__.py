"""Learned simulators."""

from ._ensemble import Ensemble as Ensemble
from .grid import GridSimulator as GridSimulator
from .mesh import (
    ElasticNetwork as ElasticNetwork,
    ElasticSimulator as ElasticSimulator,
    FoilSimulator as FoilSimulator,
    MeshNetwork as MeshNetwork,
)
from .particle import (
    ParticleNetwork as ParticleNetwork,
    ParticleSimulator as ParticleSimulator,
    PlainNetwork as PlainNetwork,
)
