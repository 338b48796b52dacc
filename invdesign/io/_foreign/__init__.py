"""Files in other people's formats, read without other people's code."""

from ._particles import ParticleData as ParticleData, open_particles as open_particles
