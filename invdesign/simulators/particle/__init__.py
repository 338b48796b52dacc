"""Learned particle simulators."""

from ._foreign import read_network as read_network
from ._network import ParticleNetwork as ParticleNetwork
from ._plain import PlainNetwork as PlainNetwork
from ._simulator import ParticleSimulator as ParticleSimulator
