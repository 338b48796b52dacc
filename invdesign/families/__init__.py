"""Worlds: one folder and one line each.

A family holds what belongs to one world alone: conditions, sources of data, a judge, pictures,
its reference solver. A family imports no other family.
"""

from ._command import AbstractCommand as AbstractCommand
from ._descent import AbstractDescent as AbstractDescent
from ._family import Family as Family
from ._judge import AbstractJudge as AbstractJudge, Candidate as Candidate, Report as Report
from ._models import AbstractModels as AbstractModels, Doubts as Doubts
from ._registry import (
    build_simulator as build_simulator,
    families as families,
    family_named as family_named,
    family_of as family_of,
    family_of_header as family_of_header,
    find_source as find_source,
    known_family as known_family,
    load_config as load_config,
    register as register,
    trainings as trainings,
    unregister as unregister,
)
from ._showing import AbstractShowing as AbstractShowing
from ._source import AbstractSource as AbstractSource
from .airfoil import AIRFOIL
from .elastic import ELASTIC
from .ks import KS
from .water import WATER

# The one place that lists them.
for _family in (WATER, AIRFOIL, ELASTIC, KS):
    register(_family)
