"""Trusted solvers: what a design has to hold in."""

from ._base import AbstractReference as AbstractReference
from ._kuramoto_sivashinsky import KuramotoSivashinsky as KuramotoSivashinsky
from ._mpm import MPM as MPM, MPMContext as MPMContext, MPMState as MPMState, lattice as lattice
from ._simulated import Simulated as Simulated
from ._split import Split as Split, split_particles as split_particles
from ._springs import (
    Springs as Springs,
    SpringsContext as SpringsContext,
    SpringsState as SpringsState,
)
from .openfoam import FoilResult as FoilResult, OpenFOAM as OpenFOAM, find_openfoam as find_openfoam
