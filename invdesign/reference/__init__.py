"""Trusted solvers: what a design has to hold in."""

from ._mpm import MPM as MPM
from ._mpm import MPMContext as MPMContext
from ._mpm import MPMState as MPMState
from ._mpm import lattice as lattice
