"""Simulators whose steps are inner solves of a learned constraint."""

from ._constrained import Constrained as Constrained
from ._contact import HardContact as HardContact, SoftContact as SoftContact
from ._inner import (
    FastProjections as FastProjections,
    GradientSteps as GradientSteps,
    Updates as Updates,
    gradient_norm as gradient_norm,
)
from ._minimum import Minimised as Minimised, least_curvature as least_curvature
from ._simulator import ConstraintSimulator as ConstraintSimulator
from ._views import (
    AbstractView as AbstractView,
    Contacts as Contacts,
    Joined as Joined,
    Links as Links,
)
