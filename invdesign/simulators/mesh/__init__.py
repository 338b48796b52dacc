"""Simulators on meshes: steady flow around sections in one step, elastic bodies in many."""

from ._beyond import beyond_data as beyond_data
from ._boundary_layer import boundary_layer as boundary_layer
from ._build_flow import (
    FoilModelConfig as FoilModelConfig,
    GridHeader as GridHeader,
    LayoutHeader as LayoutHeader,
    build_foil_simulator as build_foil_simulator,
    build_mesh_network as build_mesh_network,
    foil_header as foil_header,
    make_foil_simulator as make_foil_simulator,
    mesh_of as mesh_of,
)
from ._build_springs import (
    ElasticModelConfig as ElasticModelConfig,
    build_elastic_network as build_elastic_network,
    build_elastic_simulator as build_elastic_simulator,
    elastic_header as elastic_header,
    make_elastic_simulator as make_elastic_simulator,
)
from ._elastic import ElasticSimulator as ElasticSimulator
from ._elastic_features import (
    ElasticContext as ElasticContext,
    ElasticState as ElasticState,
    ElasticStatistics as ElasticStatistics,
    mesh_features as mesh_features,
    num_features as num_features,
    offsets as offsets,
)
from ._elastic_network import ElasticNetwork as ElasticNetwork
from ._elastic_ranges import ElasticRanges as ElasticRanges
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
    FAR_FROM_DATA as FAR_FROM_DATA,
    FoilSimulator as FoilSimulator,
    FoilStatistics as FoilStatistics,
    as_flow as as_flow,
    corrections as corrections,
)
from ._units import (
    blank_units as blank_units,
    measured_units as measured_units,
    restored as restored,
    standardized as standardized,
)
