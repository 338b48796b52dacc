"""How simulators by constraints are trained."""

from ._config import ConstraintFrameConfig as ConstraintFrameConfig
from ._course import ConstraintCourse as ConstraintCourse, RopeData as RopeData
