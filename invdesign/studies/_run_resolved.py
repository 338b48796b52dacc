"""A run as its configuration says it, for a command and for a sweep alike."""

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jax

from .._solve import check_solve
from .._solve._evaluate import evaluate_population, evaluate_through
from .._solve._lanes import evaluate_in_lanes
from ._resolve import Resolved
from ._run import SILENT, Watch, run_design


def run_resolved(
    out: str | Path,
    resolved: Resolved,
    *,
    pictures: bool = True,
    finer: bool | None = False,
    watch: Watch = SILENT,
) -> dict[str, Any]:
    """`run_design` of what a configuration comes to.

    **Returns**, **Raises:** as `run_design`.
    """
    player, effort = resolved.player(), resolved.effort
    with _in_lanes(resolved.config.batched):
        return run_design(
            out,
            resolved.configuration(player),
            resolved.problem,
            player.optimizer,
            reference=resolved.reference,
            missing=resolved.missing,
            key=jax.random.key(resolved.config.seed),
            max_steps=effort.steps,
            budget=effort.budget,
            initial=resolved.start,
            stop=resolved.stop,
            pictures=pictures,
            finer=finer,
            watch=watch,
        )


@contextlib.contextmanager
def _in_lanes(lanes: int | None) -> Iterator[None]:
    """A batched run that is made alone goes through the program that it would share."""
    if lanes is None or evaluate_through.get() is not evaluate_population:
        yield
        return

    def alone(problem: Any, latents: Any, *rest: Any) -> Any:
        return evaluate_in_lanes(problem, [latents], *rest, lanes=lanes)[0]

    token = evaluate_through.set(alone)
    try:
        yield
    finally:
        evaluate_through.reset(token)


def check_resolved(resolved: Resolved) -> None:
    """Whether `run_resolved` would begin; for callers that move or write files before it.

    **Raises:** `ValueError` as `run_design` does before its first evaluation.
    """
    player, effort = resolved.player(), resolved.effort
    resolved.configuration(player)
    check_solve(
        resolved.problem,
        player.optimizer,
        max_steps=effort.steps,
        budget=effort.budget,
        initial=resolved.start,
    )
