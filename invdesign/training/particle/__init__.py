"""How particle simulators are trained."""

from ._config import OneStepConfig as OneStepConfig, UnrollConfig as UnrollConfig
from ._course import ParticleCourse as ParticleCourse
from ._data import ParticleData as ParticleData
from ._heldout import overlap as overlap, simulate as simulate
