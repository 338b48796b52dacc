"""The score in a finer solver: what a design owes to the cells of the usual one."""

from collections.abc import Callable, Mapping
from typing import Any

from .._task import Task
from .._verify import Judgement, judge_finer
from ..reference import AbstractReference

FINER = 2  # times the resolution
_DEARER = 8.0  # what it costs over the usual one in the plane: four times the cells, half the step


def fine_numbers(finer: Judgement) -> dict[str, Any]:
    """What a finer solver says of a design, for JSON."""
    return {
        "fine_score_mean": finer.score,
        "fine_score_std": float(finer.scores.std()),
        "fine_scores": finer.scores,
        **{f"fine_{name}": float(values.mean()) for name, values in finer.metrics.items()},
        "fine_violations": finer.violations,
    }


def fine_score(
    latent: Any,
    task: Task,
    reference: AbstractReference | None,
    *,
    wanted: bool | None,
    spent: Mapping[str, tuple[float, float]],
    phase: Callable[[str], None],
) -> tuple[dict[str, Any], list[str]]:
    """Numbers and notes of a run's champion at twice the resolution.

    **Arguments:**

    - `wanted`: whether to; `None` where that takes no longer than the run has taken so far.
    - `spent`: seconds of the run's phases and those of them spent compiling; the last is a
      verification in the reference solver, or the scores of two designs if that was searched.
    - `phase`: told how long it will take.
    """
    if wanted is False or reference is None:
        return {}, []
    whole = sum(seconds for seconds, _ in spent.values())
    expected = _DEARER * _once(spent)
    if wanted is None and expected > whole:
        return {}, [
            f"the score at twice the resolution was left out: it would take about {expected:.0f} "
            "s, longer than all before; `invdesign verify RUN --fine` asks for it"
        ]
    try:
        reference.refined(FINER)
    except ValueError as error:
        return {}, [] if wanted is None else [str(error)]
    phase(f"verification at twice the resolution, about {max(expected, 1.0):.0f} s")
    finer = judge_finer(latent, task, reference, factor=FINER)
    return fine_numbers(finer), finer.failures("finer reference solver")


def _once(spent: Mapping[str, tuple[float, float]]) -> float:
    """Seconds of one verification in the reference solver, without compiling."""
    seconds, compiling = spent["verification"]
    if compiling == 0 and seconds < 1e-2 * spent["scores"][0]:  # the scores were its own
        seconds, compiling = (0.5 * each for each in spent["scores"])
    return max(seconds - compiling, 0.0)
