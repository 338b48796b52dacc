"""How simulators of fields on grids are trained."""

from ._config import (
    FieldFrameConfig as FieldFrameConfig,
    FieldUnrollConfig as FieldUnrollConfig,
)
from ._course import FieldData as FieldData, GridCourse as GridCourse
from ._skill import (
    LEAST as LEAST,
    correlations as correlations,
    frames_followed as frames_followed,
    relative_errors as relative_errors,
    simulated_fields as simulated_fields,
)
