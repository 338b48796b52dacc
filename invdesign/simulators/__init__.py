"""Learned simulators, and those of one's own."""

from ._ensemble import Ensemble as Ensemble
from ._external import External as External
from ._stepped import Stepped as Stepped
from ._tesseract import TesseractSimulator as TesseractSimulator
from .constraint import (
    Constrained as Constrained,
    ConstraintSimulator as ConstraintSimulator,
    FastProjections as FastProjections,
    GradientSteps as GradientSteps,
    HardContact as HardContact,
    Minimised as Minimised,
    SoftContact as SoftContact,
)
from .grid import GridSimulator as GridSimulator
from .mesh import (
    FlowSimulator as FlowSimulator,
    MeshNetwork as MeshNetwork,
    SpringNetwork as SpringNetwork,
    SpringSimulator as SpringSimulator,
)
from .particle import (
    ParticleNetwork as ParticleNetwork,
    ParticleSimulator as ParticleSimulator,
    PlainNetwork as PlainNetwork,
    read_network as read_network,
)
