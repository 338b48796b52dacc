"""Simulators on meshes."""

from ._boundary_layer import boundary_layer as boundary_layer
from ._features import NUM_FEATURES as NUM_FEATURES, FoilContext as FoilContext
from ._hierarchy import Level as Level, hierarchy as hierarchy
from ._modes import (
    NUM_MODES as NUM_MODES,
    SurfaceModes as SurfaceModes,
    principal_modes as principal_modes,
    row_size as row_size,
)
from ._network import MeshNetwork as MeshNetwork
from ._potential import potential_flow as potential_flow
from ._simulator import (
    FoilSimulator as FoilSimulator,
    FoilStatistics as FoilStatistics,
    as_flow as as_flow,
    corrections as corrections,
)
