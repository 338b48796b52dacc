"""Simulators of fields on grids."""

from ._simulator import GridSimulator as GridSimulator
