"""Learned particle simulators."""

from ._network import ParticleNetwork as ParticleNetwork
from ._plain import PlainNetwork as PlainNetwork
from ._simulator import ParticleSimulator as ParticleSimulator
