"""A design in the reference solver, for the record."""

import dataclasses
from typing import Any

from ..._task import Task
from ..._verify import Judgement, judge, judge_finer
from ...reference import AbstractReference

FINER = 2  # times the resolution


@dataclasses.dataclass(frozen=True)
class Measured:
    """What the solver says; fields as in `Published`, `fine_score` as far as it was asked for.

    **Arguments:** `failures`: a sentence where a condition could not be simulated.
    """

    score: float
    spread: float
    missed: dict[str, float]
    failures: tuple[str, ...] = ()
    fine_score: float | None = None
    fine_spread: float | None = None


def measure(
    latent: Any, task: Task, reference: AbstractReference, *, fine: bool = False
) -> Measured:
    """Score a latent on all unseen conditions of a task.

    **Arguments:** `fine`: at twice the solver's resolution, too, where there is such a solver.

    **Raises:** `ValueError` as `judge` and `judge_finer` do.
    """
    found = judge(latent, task, reference)
    failures = tuple(found.failures("reference solver"))
    measured = Measured(*_figures(found), found.violations, failures)
    if not fine or failures or not _refines(reference):
        return measured
    finer = judge_finer(latent, task, reference, factor=FINER)
    score, spread = _figures(finer)
    failures = tuple(finer.failures("finer reference solver"))
    return dataclasses.replace(measured, failures=failures, fine_score=score, fine_spread=spread)


def _figures(judged: Judgement) -> tuple[float, float]:
    return judged.score, float(judged.scores.std())


def _refines(reference: AbstractReference) -> bool:
    try:
        reference.refined(FINER)
    except ValueError:
        return False
    return True
