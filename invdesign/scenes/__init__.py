"""Physics of scenes, by its name: what any simulator of such physics can start from."""

from ._forces import (
    FoilCoefficients as FoilCoefficients,
    foil_coefficients as foil_coefficients,
)
from ._particles import ParticleFrame as ParticleFrame, ParticleScene as ParticleScene
from ._periodic_field import FieldFrame as FieldFrame, PeriodicField as PeriodicField
from ._section_flow import FoilFlow as FoilFlow, FoilScene as FoilScene
from ._springs import (
    ElasticScene as ElasticScene,
    NodeKind as NodeKind,
    Support as Support,
    elastic_scene as elastic_scene,
    stiffness_of as stiffness_of,
    support_of as support_of,
)
