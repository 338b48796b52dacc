"""Steady turbulent flow around sections by OpenFOAM's simpleFoam, an external program."""

from ._solver import FoilResult as FoilResult, OpenFOAM as OpenFOAM, find_openfoam as find_openfoam
