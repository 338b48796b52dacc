"""How simulators on meshes are trained."""

from ._config import (
    SteadyConfig as SteadyConfig,
    TransientConfig as TransientConfig,
    TransientUnrollConfig as TransientUnrollConfig,
)
from ._flow_course import FoilCourse as FoilCourse
from ._springs_course import ElasticCourse as ElasticCourse, ElasticData as ElasticData
