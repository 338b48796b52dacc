"""Whether a published number still holds."""

import dataclasses
import math
import time

import jax.numpy as jnp

from ..._task import Task
from ...reference import AbstractReference
from .._identity import task_digest
from ._measure import Measured, measure
from ._record import Published

_LEAST = 0.01  # of the score: where there is one condition, there is no spread
_MOST = 0.1  # of the score: conditions may differ by design, as points of flight do


@dataclasses.dataclass(frozen=True)
class Rescored:
    """A published design, scored once more.

    **Arguments:**

    - `design`: as it is published.
    - `measured`: what the solver says now; `None` where it could not be asked.
    - `faults`: sentences on what does not hold; none if all does.
    - `notes`: what else has to be known.
    - `unchecked`: why it was not scored, or `None`.
    """

    design: Published
    measured: Measured | None
    faults: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    unchecked: str | None = None
    seconds: float = 0.0

    @property
    def holds(self) -> bool:
        """Whether it was scored and every number was found again."""
        return self.measured is not None and not self.faults


def tolerance(score: float, spread: float | None) -> float:
    """How far a score may be off that was published with some spread over the conditions.

    That spread, but no less than a hundredth and no more than a tenth of the score: a splash takes
    other turns on another machine, and what conditions differ by may be much or nothing.
    """
    return min(max(spread or 0.0, _LEAST * abs(score)), _MOST * abs(score))


def rescore(
    design: Published, task: Task, reference: AbstractReference, *, fine: bool = False
) -> Rescored:
    """Score a published design again, and compare.

    **Arguments:** `fine`: at twice the solver's resolution, too, where that score is published.

    **Raises:** `ValueError` if the parameters are none of the task's, or as `judge` does.
    """
    begin = time.perf_counter()
    latent = task.space.encode(jnp.asarray(design.parameters))
    found = measure(latent, task, reference, fine=fine and design.fine_score is not None)
    return Rescored(
        design,
        found,
        (*found.failures, *_faults(design, found)),
        _notes(design, task),
        seconds=time.perf_counter() - begin,
    )


def _faults(design: Published, found: Measured) -> list[str]:
    said = [_off("the score", design.score, design.spread, found.score)]
    if found.fine_score is not None and design.fine_score is not None:
        what = "the score at twice the resolution"
        said.append(_off(what, design.fine_score, design.fine_spread, found.fine_score))
    for name, amount in found.missed.items():
        if name not in design.missed:
            said.append(f"`{name}` is missed by {amount:.3g}, which is not published")
    return [each for each in said if each]


def _off(what: str, published: float, spread: float | None, now: float) -> str:
    allowed = tolerance(published, spread)
    if math.isfinite(now) and abs(now - published) <= allowed:
        return ""
    return f"{what} is {now:.4g} where {published:.4g} is published, within {allowed:.2g}"


def _notes(design: Published, task: Task) -> tuple[str, ...]:
    if task_digest(task) == design.task_digest:
        return ()
    return (f"`{task.name}` is another than when this was published (or another Python made it)",)
