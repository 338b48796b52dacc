"""What a look at what gradients foresee will take, before it begins."""

import dataclasses
from collections.abc import Sequence

from .._checks import MOST_CANDIDATES, checked_count, checked_number
from .._problem import Problem
from ._recorded import first_conditions

LIMITS = (0.0, 0.1, 0.03, 0.01, 0.003)  # 0 for the exact gradient
RADII = (1 / 3, 1.0, 3.0)  # of the step that descents of the space take
HORIZONS = (0.5, 1.0)  # of the task's


@dataclasses.dataclass(frozen=True)
class Plan:
    """What `foresight` will do, checked.

    **Arguments:** `radii`: in the parameters' unit; `limits`: of the adjoint, 0 for the exact
    gradient; `horizons`: in steps from the scene's start; `directions`: pairs of rollouts at each
    of `points`; `scenes`: in the mean.
    """

    radii: tuple[float, ...]
    limits: tuple[float, ...]
    horizons: tuple[int, ...]
    directions: int
    scenes: int
    points: int

    def rollouts(self, problem: Problem) -> float:
        """Rollouts over the whole horizon that it takes, a gradient counted by its cost."""
        length = sum(self.horizons) / problem.task.num_steps * self.points * self.scenes
        gradients = len(self.limits) * problem.gradient_cost
        return length * (2 * self.directions * len(self.radii) + gradients)


def plan(
    problem: Problem,
    num_points: int,
    *,
    radii: Sequence[float] | None = None,
    limits: Sequence[float] | None = None,
    horizons: Sequence[int] | None = None,
    num_directions: int = 12,
    num_scenes: int = 1,
) -> Plan:
    """The arguments of `foresight`, checked and with their defaults.

    **Raises:** `ValueError` for arguments out of range.
    """
    full, step = problem.task.num_steps, problem.task.space.step
    radii = [share * step for share in RADII] if radii is None else radii
    if limits is None:
        limits = LIMITS if full > 1 else LIMITS[:1]  # nothing passes from step to step
    if horizons is None:
        horizons = [max(1, round(share * full)) for share in HORIZONS]
    for name, given in (("radii", radii), ("limits", limits), ("horizons", horizons)):
        if not len(given):
            raise ValueError(f"`foresight` needs at least one of `{name}`, got none.")
    for radius in radii:
        checked_number(radius, "radii", "foresight", above=0)
    for limit in limits:
        checked_number(limit, "limits", "foresight", least=0)
    for horizon in horizons:
        checked_count(horizon, "horizons", "foresight", most=full)
    checked_count(num_points, "points", "foresight")
    checked_count(num_directions, "num_directions", "foresight", least=2, most=MOST_CANDIDATES)
    scenes = len(first_conditions(problem, checked_count(num_scenes, "num_scenes", "foresight")))
    whole = tuple(sorted({*map(int, horizons)}))
    return Plan(tuple(sorted(radii)), tuple(limits), whole, int(num_directions), scenes, num_points)
