"""How simulators on meshes are trained."""

from ._config import SteadyConfig as SteadyConfig, TransientConfig as TransientConfig
from ._flow_course import FoilCourse as FoilCourse, relative_errors as relative_errors
from ._springs_course import (
    ElasticCourse as ElasticCourse,
    ElasticData as ElasticData,
    in_flight as in_flight,
    played as played,
    position_errors as position_errors,
)
