"""Steady flow around airfoils' sections."""

from ...reference.openfoam._solver import find_openfoam
from ...scenes import SectionScene
from .._family import Family
from ._data import NAME
from ._descent import FoilDescent
from ._grids_command import GridsCommand
from ._judge import FoilJudge
from ._models import FoilModels
from ._polar_command import PolarCommand
from ._reference import foil_reference
from ._showing import FoilShowing
from ._source import FoilSource, MixedSource, NacaSource
from ._training import FoilTraining

AIRFOIL = Family(
    name=NAME,
    aliases=("flow",),
    subject="sections",
    scenes=(SectionScene,),
    models=FoilModels(),
    descent=FoilDescent,
    sources={NAME: FoilSource, f"{NAME}-mixed": MixedSource, f"{NAME}-naca": NacaSource},
    training=FoilTraining(),
    reference=foil_reference,
    installed=find_openfoam,
    judge=FoilJudge,
    showing=FoilShowing(),
    commands={"grids": GridsCommand, "polar": PolarCommand},
    tolerance=0.01,
)
