"""The score of designs that are made with errors: what a champion owes to exactness."""

from collections.abc import Callable
from typing import Any

import jax

from .._task import Task
from .._verify import Judgement, judge_with_errors
from ..reference import AbstractReference

DRAWS = 5
_KEY = 0  # of the errors, which are the same for all designs


def scores_with_errors(
    latent: Any, task: Task, reference: AbstractReference, std: float, *, conditions: Any = None
) -> Judgement:
    """`judge_with_errors` with the errors that every command draws."""
    key = jax.random.key(_KEY)
    return judge_with_errors(
        latent, task, reference, std=std, draws=DRAWS, key=key, conditions=conditions
    )


def error_numbers(off: Judgement, std: float) -> dict[str, Any]:
    """What the reference solver says of designs that are off by `std`, for JSON.

    Scores are means over the conditions, one a design that is off.
    """
    scores = off.scores.reshape(-1, DRAWS).mean(axis=0)
    return {
        "error_std": std,
        "error_score_mean": float(scores.mean()),
        "error_score_min": float(scores.min()),
        "error_scores": scores,
    }


def error_scores(
    latent: Any,
    task: Task,
    reference: AbstractReference | None,
    std: float | None,
    phase: Callable[[str], None],
) -> tuple[dict[str, Any], list[str]]:
    """Numbers and notes of a run's champion made with errors, if it was searched for with any.

    **Arguments:** `std`: of the errors, `None` for none.
    """
    if std is None or reference is None:
        return {}, []
    phase(f"verification with errors of {std:g}")
    off = scores_with_errors(latent, task, reference, std)
    return error_numbers(off, std), off.failures("reference solver, of designs with errors,")
