"""What ends a run, and the words for it."""

from collections.abc import Callable, Sequence

import equinox as eqx

from .._checks import checked_count, checked_number
from .._results import explained
from ._history import Row
from ._progress import Phase, Progress

_DEAD = 5
# Below this share of the value a step of one latent unit changes next to nothing.
_FAINT = 1e-6
_NO_GRADIENT = (
    "the design has no effect on the value (a tool that touches no water); start from another "
    "design, or sample first, as in `Then(CEM(), Adam(), steps=10)`"
)


class Limits(eqx.Module):
    """When to stop; see `solve` for the arguments.

    **Raises:** `ValueError` if neither `max_steps` nor `budget` is given or one is too small.
    """

    max_steps: int | None
    budget: float | None
    rules: tuple[Callable[[Sequence[Row]], str | None], ...]
    max_failures: int

    def __check_init__(self):
        if self.max_steps is None and self.budget is None:
            raise ValueError("`solve` needs `max_steps` or `budget`, or it would never end.")
        if self.max_steps is not None:
            checked_count(self.max_steps, "max_steps", "solve")
        if self.budget is not None:
            checked_number(self.budget, "budget", "solve", above=0)
        checked_count(self.max_failures, "max_failures", "solve")

    def reason(self, progress: Progress, phase: Phase, cost: float) -> str | None:
        """Why no iteration that costs `cost` may follow, or `None`."""
        if not progress.rows:
            return self._check_budget(phase, cost)
        name = type(phase.optimizer).__name__
        trouble = self._failure(progress, phase) or _no_gradient(progress)
        if trouble is not None:
            return trouble
        if progress.done:
            return f"{name} converged"
        if (said := self.said(progress)) is not None:
            return said
        if self.max_steps is not None and len(progress.rows) >= self.max_steps:
            return f"all {self.max_steps} iterations were made"
        if self.budget is not None and progress.last["charged_steps"] + cost > self.budget:
            return f"the budget of {self.budget:g} simulator steps is spent"
        return None

    def said(self, progress: Progress) -> str | None:
        """What the first rule says that ends the present phase, or `None`."""
        rows = progress.rows[progress.phase_start :]
        reasons = (rule(rows) for rule in self.rules) if rows else iter(())
        return next((reason for reason in reasons if reason is not None), None)

    def _check_budget(self, phase: Phase, cost: float) -> None:
        if self.budget is not None and cost > self.budget:
            raise ValueError(
                f"`solve` needs a budget of at least {cost:g} simulator steps, which one iteration "
                f"of `{type(phase.optimizer).__name__}` costs, got {self.budget:g}."
            )

    def _failure(self, progress: Progress, phase: Phase) -> str | None:
        number = progress.failures
        message = explained(progress.last["result"], progress.last["outcome"])
        # At a start there is no better point for a gradient method to go back to.
        if phase.optimizer.order == 1 and number == len(progress.rows) - progress.phase_start > 0:
            return f"the start failed: {message}"
        if number >= self.max_failures:
            return f"every candidate failed in {number} iterations in a row: {message}"
        return None


def _no_gradient(progress: Progress) -> str | None:
    if progress.dead and progress.dead == len(progress.rows) - progress.phase_start:
        return f"the gradient is zero at the start: {_NO_GRADIENT}"
    if progress.dead >= _DEAD:
        return f"the gradient was zero in {progress.dead} iterations in a row: {_NO_GRADIENT}"
    return None


def notes(progress: Progress) -> tuple[str, ...]:
    """What a person should know about a run, however it ended."""
    said = []
    first = next((row for row in progress.rows if row["gradient_norm"] > 0), None)
    if first is not None and first["gradient_norm"] <= _FAINT * abs(first["value"]):
        said.append(
            f"the first gradient was close to zero (norm {first['gradient_norm']:.1e}): there "
            "the design has next to no effect on the value (a tool that hardly touches water)"
        )
    if progress.num_growths:
        said.append(f"the simulator's capacity was doubled {progress.num_growths} times")
    return tuple(said)
