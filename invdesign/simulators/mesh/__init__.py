"""Simulators on meshes: steady flow around sections in one step, elastic bodies in many."""

from ._network import MeshNetwork as MeshNetwork
from ._simulator import FlowSimulator as FlowSimulator
from ._springs import SpringSimulator as SpringSimulator
from ._springs_network import SpringNetwork as SpringNetwork
