"""Watercourses: landscapes that lead a stream to where it is wanted, in space."""

import dataclasses
from typing import Any, ClassVar

from ...simulators import ParticleSimulator
from ...simulators.particle._build import build_particle_simulator
from .._clipped_descent import ClippedDescent, GradientLimit
from .._family import Family
from .._models import AbstractModels
from ._course import DT, NAME
from ._judge import WatercourseJudge
from ._reference import watercourse_reference
from ._showing import WatercourseShowing
from ._source import WatercourseSource
from ._training import WatercourseTraining


class WatercourseModels(AbstractModels):
    """Particle simulators; the solver is exact and cheap, so that searches go through that."""

    default, is_usual, dt = NAME, False, DT

    def build(self, header: dict[str, Any]) -> ParticleSimulator:
        return build_particle_simulator(header)


@dataclasses.dataclass(frozen=True)
class WatercourseDescent(ClippedDescent):
    """Backwards through all frames, with a bound on what is passed back.

    A thin film of water that splashes over a landscape amplifies what passes back through it: at
    the flat landscape the exact gradient has a norm of 6e11, the bounded one a useful direction.
    """

    learned_cost: ClassVar[float] = 3.2  # 3.15 on one core, not quite quiet
    solver_cost: ClassVar[float] = 5.0  # about 3.6 under load, not measured quietly

    gradient_limit: GradientLimit = 0.005


WATERCOURSE = Family(
    name=NAME,
    aliases=(),
    subject="watercourses",
    scenes=(),  # those of water in the plane are of the same type: its tasks name their family
    models=WatercourseModels(),
    descent=WatercourseDescent,
    sources={NAME: WatercourseSource},
    training=WatercourseTraining(),
    reference=watercourse_reference,
    judge=WatercourseJudge,
    showing=WatercourseShowing(),
)
