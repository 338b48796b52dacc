"""Physics of scenes, by its name: what any simulator of such physics can start from."""

from ._balls import BallScene as BallScene
from ._capsules import Capsules as Capsules
from ._landscape import Landscape as Landscape
from ._obstacles import AbstractObstacles as AbstractObstacles
from ._particles import ParticleFrame as ParticleFrame, ParticleScene as ParticleScene
from ._passage import Inflow as Inflow, Outflow as Outflow, Passage as Passage
from ._periodic_field import FieldFrame as FieldFrame, PeriodicField as PeriodicField
from ._ropes import HalfSpaces as HalfSpaces, RopeScene as RopeScene
from ._section_flow import SectionFlow as SectionFlow, SectionScene as SectionScene
from ._springs import (
    NodeKind as NodeKind,
    SpringScene as SpringScene,
    elastic_scene as elastic_scene,
)
from ._terms import (
    AbstractTerm as AbstractTerm,
    Distance as Distance,
    FixedNode as FixedNode,
    KeepInBox as KeepInBox,
    NonOverlap as NonOverlap,
)
