"""Trusted solvers: what a design has to hold in."""

from ._base import AbstractReference as AbstractReference
from ._consulted import Consulted as Consulted
from ._kuramoto_sivashinsky import KuramotoSivashinsky as KuramotoSivashinsky
from ._mpm import MPM as MPM, lattice as lattice
from ._simulated import Simulated as Simulated
from ._springs import Springs as Springs
from .mujoco import MuJoCo as MuJoCo
from .openfoam import OpenFOAM as OpenFOAM
