"""Water in the plane: particles in a box, tools that catch and lead them."""

from ...scenes import ParticleScene
from .._family import Family
from ._descent import WaterDescent
from ._importer import WaterImporter
from ._judge import WaterJudge
from ._models import WaterModels
from ._reference import water_reference
from ._showing import WaterShowing
from ._source import WaterSource
from ._training import WaterTraining

WATER = Family(
    name=WaterTraining.name,
    aliases=("water2d", "particle"),
    subject="water",
    scenes=(ParticleScene,),
    models=WaterModels(),
    descent=WaterDescent,
    sources={"water": WaterSource},
    importer=WaterImporter,
    training=WaterTraining(),
    reference=water_reference,
    judge=WaterJudge,
    showing=WaterShowing(),
)
