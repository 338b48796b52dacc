"""How simulators on meshes are trained."""

from ._config import (
    SteadyConfig as SteadyConfig,
    TransientConfig as TransientConfig,
    TransientUnrollConfig as TransientUnrollConfig,
)
from ._flow_course import FlowCourse as FlowCourse
from ._springs_course import SpringCourse as SpringCourse, SpringData as SpringData
