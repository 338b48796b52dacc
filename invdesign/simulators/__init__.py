"""Learned simulators."""

from ._ensemble import Ensemble as Ensemble
from .particle import (
    AbstractParticleNetwork as AbstractParticleNetwork,
    ParticleNetwork as ParticleNetwork,
    ParticleSimulator as ParticleSimulator,
    PlainNetwork as PlainNetwork,
    Statistics as Statistics,
)
