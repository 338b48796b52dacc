"""Learned simulators."""

from .particle import (
    ParticleNetwork as ParticleNetwork,
    ParticleSimulator as ParticleSimulator,
    Statistics as Statistics,
)
