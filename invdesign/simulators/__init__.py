"""Learned simulators."""

from ._ensemble import Ensemble as Ensemble
from .grid import (
    FieldRanges as FieldRanges,
    FieldStatistics as FieldStatistics,
    GridSimulator as GridSimulator,
)
from .mesh import (
    FAR_FROM_DATA as FAR_FROM_DATA,
    ElasticNetwork as ElasticNetwork,
    ElasticRanges as ElasticRanges,
    ElasticSimulator as ElasticSimulator,
    ElasticStatistics as ElasticStatistics,
    FoilContext as FoilContext,
    FoilSimulator as FoilSimulator,
    FoilStatistics as FoilStatistics,
    MeshNetwork as MeshNetwork,
    beyond_data as beyond_data,
)
from .particle import (
    AbstractParticleNetwork as AbstractParticleNetwork,
    ParticleNetwork as ParticleNetwork,
    ParticleSimulator as ParticleSimulator,
    PlainNetwork as PlainNetwork,
    Statistics as Statistics,
    WaterRanges as WaterRanges,
)
