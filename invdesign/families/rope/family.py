"""Ropes that swing from one end, by a learned constraint."""

from ...reference.mujoco import find_mujoco
from ...scenes import RopeScene
from .._constraint_descent import ConstraintDescent
from .._constraint_family import ConstraintModels, mujoco_reference
from .._family import Family
from ._data import NAME
from ._judge import RopeJudge
from ._showing import RopeShowing
from ._source import RopeSource
from ._training import RopeTraining

ROPE = Family(
    name=NAME,
    aliases=(),
    subject="ropes",
    scenes=(RopeScene,),
    models=ConstraintModels(NAME),
    descent=ConstraintDescent,
    sources={NAME: RopeSource},
    training=RopeTraining(),
    reference=mujoco_reference,
    installed=find_mujoco,
    judge=RopeJudge,
    showing=RopeShowing(),
)
