"""Rigid bodies that tumble in a box, by a learned constraint."""

from ...reference.mujoco import find_mujoco
from ...scenes import BallScene
from .._boxed_family import BoxedSource, BoxedTraining
from .._boxed_judge import BoxedJudge
from .._boxed_showing import BoxedShowing
from .._constraint_descent import ConstraintDescent
from .._constraint_family import ConstraintModels, mujoco_reference
from .._family import Family
from ._world import WORLD


class RigidSource(BoxedSource):
    """Random rigid bodies in a box, by MuJoCo."""

    world = WORLD


class RigidJudge(BoxedJudge):
    """Rollouts of rigid bodies beside MuJoCo's."""

    world, shape = WORLD, ("stretch",)


class RigidTraining(BoxedTraining):
    """Random rigid bodies, single frames, through the inner solve."""

    name, world = WORLD.name, WORLD


RIGIDS = Family(
    name=WORLD.name,
    aliases=(),
    subject="rigid bodies",
    scenes=(BallScene,),
    models=ConstraintModels(WORLD.name),
    descent=ConstraintDescent,
    sources={WORLD.name: RigidSource},
    training=RigidTraining(),
    reference=mujoco_reference,
    installed=find_mujoco,
    judge=RigidJudge,
    showing=BoxedShowing(),
)
