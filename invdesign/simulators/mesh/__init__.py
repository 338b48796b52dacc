"""Simulators on meshes: steady flow around sections in one step, elastic bodies in many."""

from ._elastic import ElasticSimulator as ElasticSimulator
from ._elastic_network import ElasticNetwork as ElasticNetwork
from ._network import MeshNetwork as MeshNetwork
from ._simulator import FoilSimulator as FoilSimulator
