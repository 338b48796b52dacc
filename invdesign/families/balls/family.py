"""Balls that bounce in a box, by a learned constraint."""

from ...reference.mujoco import find_mujoco
from ...scenes import BallScene
from .._boxed_family import BoxedSource, BoxedTraining
from .._boxed_judge import BoxedJudge
from .._boxed_showing import BoxedShowing
from .._constraint_descent import ConstraintDescent
from .._constraint_family import ConstraintModels, mujoco_reference
from .._family import Family
from ._world import WORLD


class BallSource(BoxedSource):
    """Random balls in a box, by MuJoCo."""

    world = WORLD


class BallJudge(BoxedJudge):
    """Rollouts of balls beside MuJoCo's."""

    world = WORLD


class BallTraining(BoxedTraining):
    """Random balls, single frames, through the inner solve."""

    name, world = WORLD.name, WORLD


BALLS = Family(
    name=WORLD.name,
    aliases=(),
    subject="balls",
    scenes=(BallScene,),
    models=ConstraintModels(WORLD.name),
    descent=ConstraintDescent,
    sources={WORLD.name: BallSource},
    training=BallTraining(),
    reference=mujoco_reference,
    installed=find_mujoco,
    judge=BallJudge,
    showing=BoxedShowing(),
)
