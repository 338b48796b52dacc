"""Steady turbulent flow around sections by OpenFOAM's simpleFoam, an external program."""

from ._solver import OpenFOAM as OpenFOAM
