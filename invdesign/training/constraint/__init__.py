"""How simulators by constraints are trained."""

from ._config import (
    ConstraintFrameConfig as ConstraintFrameConfig,
    FurtherFramesConfig as FurtherFramesConfig,
)
from ._course import ConstraintCourse as ConstraintCourse, MotionData as MotionData
from ._examples import AbstractExamples as AbstractExamples, Boxed as Boxed, Ropes as Ropes
