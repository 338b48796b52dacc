"""Simulators of fields on grids."""

from ._build import (
    GridModelConfig as GridModelConfig,
    build_grid_network as build_grid_network,
    build_grid_simulator as build_grid_simulator,
    grid_header as grid_header,
    make_grid_simulator as make_grid_simulator,
)
from ._ranges import FieldRanges as FieldRanges
from ._simulator import FieldStatistics as FieldStatistics, GridSimulator as GridSimulator
