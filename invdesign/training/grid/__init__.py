"""How simulators of fields on grids are trained."""

from ._config import (
    FieldFrameConfig as FieldFrameConfig,
    FieldUnrollConfig as FieldUnrollConfig,
)
from ._course import FieldData as FieldData, GridCourse as GridCourse
