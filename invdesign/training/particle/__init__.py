"""How particle simulators are trained."""

from ._config import OneStepConfig as OneStepConfig, UnrollConfig as UnrollConfig
from ._course import ParticleCourse as ParticleCourse
from ._data import ParticleData as ParticleData
from ._refinement import (
    HELD_OUT as HELD_OUT,
    REHEARSAL_SEED as REHEARSAL_SEED,
    refinement as refinement,
)
from ._stream_course import StreamCourse as StreamCourse, StreamData as StreamData
