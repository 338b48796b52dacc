"""Worlds: one folder and one line each.

A family holds what belongs to one world alone: conditions, sources of data, a judge, pictures,
its reference solver. A family imports no other family.
"""

from ._command import AbstractCommand as AbstractCommand
from ._descent import AbstractDescent as AbstractDescent
from ._family import Family as Family
from ._importer import AbstractImporter as AbstractImporter
from ._judge import AbstractJudge as AbstractJudge, Candidate as Candidate, Report as Report
from ._models import AbstractModels as AbstractModels, Doubts as Doubts
from ._registry import families as families, register as register, unregister as unregister
from ._showing import AbstractShowing as AbstractShowing
from ._source import AbstractSource as AbstractSource
from .airfoil.family import AIRFOIL
from .balls import BALLS
from .elastic.family import ELASTIC
from .ks import KS
from .rigids import RIGIDS
from .rope import ROPE
from .water.family import WATER
from .watercourse import WATERCOURSE

# The one place that lists them.
for _family in (WATER, AIRFOIL, BALLS, ELASTIC, KS, RIGIDS, ROPE, WATERCOURSE):
    register(_family)
