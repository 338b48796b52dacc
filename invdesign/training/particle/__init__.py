"""How particle simulators are trained."""

from ._config import OneStepConfig as OneStepConfig, UnrollConfig as UnrollConfig
from ._course import ParticleCourse as ParticleCourse
from ._data import ParticleData as ParticleData
from ._stream_course import StreamCourse as StreamCourse, StreamData as StreamData
