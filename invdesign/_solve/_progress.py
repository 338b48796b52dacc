"""Where a run stands between two iterations, and how it moves to the next."""

import dataclasses
import math
from collections.abc import Callable
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np

from .._constraints import ConstraintEntries
from .._results import RESULTS
from .._types import Latent, Latents, PRNGKeyArray
from ..optimizers import AbstractOptimizer, Then
from ..optimizers._base import guided
from ._evaluate import Summary
from ._history import Row
from ._problem_like import ProblemLike
from ._race import evaluate_race, steps_of
from ._slope import evaluate_slope, slope_steps_of

# Keys of the iterations are `fold_in(key, iteration)`; this one is out of their reach.
_INIT = np.uint32(2**32 - 1)
_UNKNOWN = {"best_value": math.inf, "score": math.nan, "violation": math.inf}
_NOTHING = {
    **_UNKNOWN,
    "simulator_steps": 0,
    "gradient_steps": 0,
    "charged_steps": 0.0,
    "seconds": 0.0,
}


class Phase(eqx.Module):
    """An optimizer and the iterations it may take, all there are if `None`.

    **Arguments:** `lightly`: whether it goes through the problem's lighter version; `anew`: whether
    what came before it went through the other one.
    """

    optimizer: AbstractOptimizer
    steps: int | None
    lightly: bool = False
    anew: bool = False

    def through(self, problem: Any) -> Any:
        """The problem that is evaluated."""
        return problem.lighter if self.lightly else problem


def phases(optimizer: AbstractOptimizer | Then, *, lightly: bool = False) -> tuple[Phase, ...]:
    """The optimizers of a chain of `Then` in their order.

    **Arguments:** `lightly`: whether the one before goes through the lighter version.
    """
    if isinstance(optimizer, Then):
        assert isinstance(optimizer.first, AbstractOptimizer)
        own = optimizer.lightly
        first = Phase(optimizer.first, optimizer.steps, own, own != lightly)
        return (first, *phases(optimizer.second, lightly=own))
    return (Phase(optimizer, None, anew=lightly),)


class Progress(eqx.Module):
    """All that an exact resume needs, but for the arguments of `solve`.

    **Arguments:**

    - `problem`, `num_growths`: the problem, its capacity doubled this many times.
    - `phase`, `phase_start`: index into the phases and the iteration it began at.
    - `optimizer_state`, `done`: of the phase's optimizer.
    - `champion`, `constraints`: the best latent so far, and the entries of its constraints.
    - `champions`: the best latent after every iteration.
    - `rows`: the history; its last row holds the counters and the champion's value and score.
    - `dead`: iterations in a row without any gradient.
    - `failures`: iterations in a row in which every candidate failed.
    """

    problem: Any
    num_growths: int
    phase: int
    phase_start: int
    optimizer_state: Any
    done: bool
    champion: np.ndarray
    constraints: np.ndarray
    rows: tuple[Row, ...]
    dead: int
    failures: int
    champions: tuple[np.ndarray, ...] = ()

    @property
    def last(self) -> Row:
        """The latest row, or what stands in for it before the first iteration."""
        return self.rows[-1] if self.rows else _NOTHING


def stacked(progress: Progress) -> np.ndarray:
    """The best latents after every iteration, `(iteration, latent)`."""
    shape = (len(progress.champions), *progress.champion.shape)
    return np.asarray(progress.champions, progress.champion.dtype).reshape(shape)


def init_state(phase: Phase, index: int, latent: np.ndarray, key: PRNGKeyArray) -> Any:
    """The state of a phase's optimizer that starts from `latent`."""
    init_key = jax.random.fold_in(jax.random.fold_in(key, _INIT), index)
    return phase.optimizer.init(jnp.asarray(latent), key=init_key)


def entries_of(problem: ProblemLike) -> ConstraintEntries:
    """The entries of a problem's constraints; none for a problem that knows of no constraints."""
    return getattr(problem, "constraints", ConstraintEntries())


def begin(problem: ProblemLike, schedule: tuple[Phase, ...], latent: np.ndarray, key: PRNGKeyArray):
    """The progress before the first iteration."""
    state = init_state(schedule[0], 0, latent, key)
    unknown = np.full(len(entries_of(problem)), np.nan)
    return Progress(problem, 0, 0, 0, state, False, latent, unknown, (), 0, 0)


def hand_over(
    progress: Progress, schedule: tuple[Phase, ...], key: PRNGKeyArray, *, stopped: bool
) -> Progress:
    """The next phase, started from the champion, if the present one is over or `stopped`."""
    phase, taken = schedule[progress.phase], len(progress.rows) - progress.phase_start
    over = progress.done or stopped or (phase.steps is not None and taken >= phase.steps)
    if phase.steps is None or not over:
        return progress
    index = progress.phase + 1
    state = init_state(schedule[index], index, progress.champion, key)
    return dataclasses.replace(
        progress,
        phase=index,
        phase_start=len(progress.rows),
        optimizer_state=state,
        done=False,
        dead=0,
        failures=0,
    )


def advance(
    progress: Progress,
    phase: Phase,
    latents: Latents,
    *,
    entries: ConstraintEntries,
    chunk: int,
    clock: Callable[[], float],
) -> Progress:
    """One iteration: evaluate `latents`, tell the optimizer, write the row.

    Where capacity ran out it is doubled and the iteration repeated; the aborted attempt is not
    charged, so that a run's record does not depend on the capacity it started with.

    **Raises:** `ValueError` if the problem cannot grow any more.
    """
    problem, num_growths = progress.problem, progress.num_growths
    while True:
        through = phase.through(problem)
        evaluation, summary = evaluate_race(
            through, phase.optimizer, latents, chunk, entries, len(progress.rows)
        )
        if guided(phase.optimizer):
            champion = jnp.asarray(_champion(progress, phase, summary))
            slope = evaluate_slope(
                through, phase.optimizer, champion, chunk, entries, len(progress.rows)
            )
            evaluation = dataclasses.replace(evaluation, slope=slope)
            norm = jnp.linalg.norm(slope.grad)
            summary = dataclasses.replace(summary, gradient_norm=norm)
        state = phase.optimizer.tell(progress.optimizer_state, latents, evaluation)
        # The one transfer to the host; `tell` is pure, an aborted attempt is simply dropped.
        summary, done = jax.device_get((summary, phase.optimizer.done(state)))
        if not summary.overflow:
            break
        problem, num_growths = problem.grow(2), num_growths + 1
    better = _better(summary, _known(progress, phase))
    champion = _champion(progress, phase, summary)
    failed = int(summary.num_failed) == len(latents)
    dead = phase.optimizer.order == 1 and not summary.largest_gradient_norm > 0
    return dataclasses.replace(
        progress,
        problem=problem,
        num_growths=num_growths,
        optimizer_state=state,
        done=bool(done),
        champion=champion,
        champions=(*progress.champions, champion),
        constraints=summary.constraints if better else progress.constraints,
        rows=(*progress.rows, _row(progress, phase, summary, len(latents), clock())),
        dead=progress.dead + 1 if dead and not failed else 0,
        failures=progress.failures + 1 if failed else 0,
    )


def _known(progress: Progress, phase: Phase) -> Row:
    """The last row, without a champion's value if that is one of another simulation."""
    first = len(progress.rows) == progress.phase_start
    return {**progress.last, **_UNKNOWN} if phase.anew and first else progress.last


def _champion(progress: Progress, phase: Phase, summary: Summary) -> Latent | np.ndarray:
    """The best latent so far, after an iteration."""
    return summary.latent if _better(summary, _known(progress, phase)) else progress.champion


def _better(summary: Summary, last: Row) -> bool:
    """Whether an iteration's best candidate beats the champion: constraints first, then value."""
    if not summary.value < math.inf:
        return False
    new, old = max(float(summary.violation), 1.0), max(last["violation"], 1.0)
    return new < old or (new == old and bool(summary.value < last["best_value"]))


def charge(problem: ProblemLike, optimizer: AbstractOptimizer, population: int) -> float:
    """What one iteration costs on the budget, in simulator steps."""
    steps, differentiated = _counted(problem, optimizer, population)
    cost = steps - differentiated + differentiated * problem.gradient_cost
    return float(cost * getattr(problem, "step_cost", 1))


def _counted(
    problem: ProblemLike, optimizer: AbstractOptimizer, population: int
) -> tuple[int, int]:
    """Simulator steps of one iteration, and how many of them are differentiated."""
    steps, more = steps_of(problem, optimizer, population), slope_steps_of(problem, optimizer)
    return steps + more, steps * (optimizer.order == 1) + more


def _row(progress: Progress, phase: Phase, summary: Summary, population: int, now: float) -> Row:
    last = _known(progress, phase)
    problem = phase.through(progress.problem)
    better = _better(summary, last)
    steps, differentiated = _counted(problem, phase.optimizer, population)
    score = math.nan if phase.lightly else float(summary.score)
    return {
        "iteration": len(progress.rows),
        "value": float(summary.value),
        "best_value": float(summary.value) if better else last["best_value"],
        "score": score if better else last["score"],
        "violation": float(summary.violation) if better else last["violation"],
        "gradient_norm": float(summary.gradient_norm),
        "simulator_steps": last["simulator_steps"] + steps,
        "gradient_steps": last["gradient_steps"] + differentiated,
        "charged_steps": last["charged_steps"] + charge(problem, phase.optimizer, population),
        "seconds": now,
        "num_failed": int(summary.num_failed),
        "result": int(summary.result),
        "outcome": RESULTS(int(summary.result)).name,
    }
