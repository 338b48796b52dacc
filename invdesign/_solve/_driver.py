"""The loop every design run goes through."""

import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from .._checks import checked_count, checked_key, checked_kind, checked_latent, checked_number
from .._constraints import ConstraintEntries
from .._digest import digest
from .._types import PRNGKeyArray
from ..optimizers import (
    AbstractConstrained,
    AbstractOptimizer,
    FeasibleFirst,
    MultiStart,
    Raced,
    RandomDirection,
    Repaired,
    Then,
)
from ..optimizers._base import guided
from ._checkpoint import Checkpoint
from ._history import History, Row
from ._limits import Limits, notes
from ._problem_like import ProblemLike
from ._progress import (
    Phase,
    Progress,
    advance,
    begin,
    charge,
    entries_of,
    hand_over,
    phases,
    stacked,
)
from ._race import check_race
from ._solution import Solution

# Optimizers that ask others: a message names the one that is to blame.
_AROUND = FeasibleFirst | MultiStart | Raced | RandomDirection | Repaired


def solve(
    problem: ProblemLike,
    optimizer: AbstractOptimizer | Then,
    *,
    key: PRNGKeyArray,
    max_steps: int | None = None,
    budget: float | None = None,
    initial: Any = None,
    callback: Callable[[dict[str, Any]], None] | None = None,
    checkpoint: str | Path | None = None,
    fingerprint: str = "",
    stop: Sequence[Callable[[Sequence[Row]], str | None]] = (),
    chunk: int | None = None,
    save_every: float = 2.0,
    max_failures: int = 6,
) -> Solution:
    """Search for the design with the lowest value that meets the constraints; the only driver.

    Evaluates what the optimizer asks for in one compiled call an iteration, keeps the champion,
    and charges every optimizer on the same budget. A candidate that fails has the value `+inf`
    and never ends a run by itself. Where a simulator runs out of capacity the problem is grown
    and the iteration repeated. Iteration `i` uses the key `fold_in(key, i)`.

    **Arguments:**

    - `problem`: a `Problem`, `FiniteDifferences` of one, or anything with its
      `evaluate(latent, order=...)`, `grow(factor)`, `steps_per_evaluation`, `gradient_cost` and
      `task.space`, and `constraints` if it has any (see `ProblemLike`); what its `check(latent)`
      says of the start, if there is one, is among the notes.
    - `optimizer`: one of `invdesign.optimizers`.
    - `key`: all randomness of the run.
    - `max_steps`: iterations at most.
    - `budget`: simulator steps at most: horizon x conditions x candidates, a differentiated
      evaluation charged `problem.gradient_cost` times as much; of a `Raced` optimizer's
      candidates only the conditions they were simulated on; for an `Injected` one the gradient at
      the champion besides; of a lighter version of the task a step is charged its `step_cost`. No
      iteration begins that would exceed it. At least one of `max_steps` and `budget` is needed.
    - `initial`: the latent to start from, by default the space's; integers become floats.
    - `callback`: called after every iteration with the history's row and the champion's `latent`.
    - `checkpoint`: an `.npz` file, or a folder for one. If it exists, the run in it goes on, and
      ends with the history (seconds aside) that it would have had without the interruption.
    - `fingerprint`: says which configuration this is; a checkpoint of another one is refused. By
      default a checksum of all that `problem` and `optimizer` are, their code included.
    - `stop`: further rules, such as `PlateauStop()`; each takes the rows so far and returns a
      reason or `None`. With `Then` they see the rows of the present optimizer, and the next one
      takes over where they say stop.
    - `chunk`: candidates simulated side by side; the rest of a population waits its turn. By
      default 1 on a CPU, where batching gains little, and all of them elsewhere.
    - `save_every`: seconds between two writes of the checkpoint; 0 writes after every iteration.
    - `max_failures`: iterations in a row in which every candidate fails before the run ends.

    **Returns:** a `Solution`, also after Ctrl-C (its `reason` is then "interrupted").

    **Raises:** `ValueError` if an argument is out of its range, the optimizer does not honour the
    problem's constraints or needs gradients that there are none of, the checkpoint is damaged or of
    another run, or capacity cannot grow any further.
    """
    checked_key(key, "solve")
    checked_number(save_every, "save_every", "solve", least=0)
    checked_kind(problem, ProblemLike, "a problem", "solve")
    schedule = _schedule(problem, optimizer)
    entries = entries_of(problem)
    limits = Limits(max_steps, budget, tuple(stop), max_failures)
    latent = _initial(problem, initial)
    said = _said(problem, latent)
    path = _file(checkpoint)
    file = Checkpoint(path, _fingerprint(path, fingerprint, problem, optimizer), key, latent)
    progress = file.load(problem, schedule) or begin(problem, schedule, latent, key)
    clock = _clock(progress.last["seconds"])
    saved = clock()
    size = _chunk(chunk)
    try:
        while True:
            stopped = limits.said(progress) is not None
            progress = hand_over(progress, schedule, key, stopped=stopped)
            phase = schedule[progress.phase]
            step_key = jax.random.fold_in(key, len(progress.rows))
            latents = phase.optimizer.ask(progress.optimizer_state, key=step_key)
            cost = charge(phase.through(progress.problem), phase.optimizer, len(latents))
            reason = limits.reason(progress, phase, cost)
            if reason is not None:
                break
            progress = advance(progress, phase, latents, entries=entries, chunk=size, clock=clock)
            if clock() - saved >= save_every:
                file.save(progress)
                saved = clock()
            if callback is not None:
                callback({**progress.last, "latent": progress.champion})
    except KeyboardInterrupt:
        reason = "interrupted"
    finally:
        if progress.rows:
            file.save(progress)
    return _solution(progress, entries, reason, said)


def check_solve(
    problem: ProblemLike,
    optimizer: AbstractOptimizer | Then,
    *,
    max_steps: int | None = None,
    budget: float | None = None,
    initial: Any = None,
) -> None:
    """Whether `solve` would begin with these arguments; for callers that write files before it.

    **Raises:** `ValueError` as `solve` does before its first evaluation.
    """
    schedule = _schedule(problem, optimizer)
    limits = Limits(max_steps, budget, (), 1)
    key = jax.random.key(0)
    latent = _initial(problem, initial)
    _said(problem, latent)
    progress = begin(problem, schedule, latent, key)
    first = schedule[0]
    latents = first.optimizer.ask(progress.optimizer_state, key=key)
    limits.reason(progress, first, charge(first.through(problem), first.optimizer, len(latents)))


def _said(problem: ProblemLike, latent: np.ndarray) -> tuple[str, ...]:
    """What the problem has to say of the scenes at a latent, if it can tell."""
    check = getattr(problem, "check", None)
    return () if check is None else check(jnp.asarray(latent))


def _schedule(problem: ProblemLike, optimizer: AbstractOptimizer | Then) -> tuple[Phase, ...]:
    """The optimizers in their order, each of which honours the problem's constraints."""
    checked_kind(optimizer, AbstractOptimizer | Then, "an optimizer", "solve")
    schedule, entries = phases(optimizer), entries_of(problem)
    for phase in schedule:
        if phase.lightly and getattr(problem, "lighter", None) is None:
            raise ValueError(
                "`Then(..., lightly=True)` needs a task with a lighter version (see `Lighter`); "
                f"`{problem.task.name}` has none."
            )
        _check_constraints(phase.optimizer, entries)
        _check_gradient(phase.optimizer, problem)
        check_race(problem, phase.optimizer)
    return schedule


def _check_gradient(optimizer: AbstractOptimizer, problem: ProblemLike) -> None:
    reason = getattr(problem, "without_gradient", None)
    if (optimizer.order == 1 or guided(optimizer)) and reason is not None:
        while isinstance(optimizer, _AROUND):
            optimizer = optimizer.optimizer
        raise ValueError(
            f"`{type(optimizer).__name__}` needs gradients, and {reason}; use `CMAES`, `CEM` or "
            "`RandomSearch`, or solve `FiniteDifferences(problem)`."
        )


def _check_constraints(optimizer: AbstractOptimizer, entries: ConstraintEntries) -> None:
    while isinstance(optimizer, _AROUND) and not isinstance(optimizer, AbstractConstrained):
        optimizer = optimizer.optimizer
    knows = optimizer.equality if isinstance(optimizer, AbstractConstrained) else ()
    if knows != entries.equality:
        names = ", ".join(f"`{name}`" for name in dict.fromkeys(entries.names)) or "none"
        raise ValueError(
            f"The task has {len(entries)} entries of constraints ({names}), "
            f"`{type(optimizer).__name__}` honours {len(knows)} of their kinds; use `SLSQP`, "
            "`AugmentedLagrangian`, `FeasibleFirst` or `Penalized` with "
            "`equality=problem.constraints.equality`."
        )


def _initial(problem: ProblemLike, initial: Any) -> np.ndarray:
    space = problem.task.space
    start = space.initial() if initial is None else initial
    return np.asarray(checked_latent(start, "solve", space.size))


def _file(checkpoint: str | Path | None) -> Path | None:
    if checkpoint is None:
        return None
    path = Path(checkpoint)
    return path if path.suffix == ".npz" else path / "solve.npz"


def _fingerprint(path: Path | None, given: str, problem: ProblemLike, optimizer: Any) -> str:
    if given or path is None:
        return given
    try:
        return f"{digest(problem, 'problem')} {digest(optimizer, 'optimizer')}"
    except ValueError as error:
        raise ValueError(
            f"{error} Or give `solve` a `fingerprint` that says which configuration this is."
        ) from error


def _clock(elapsed: float) -> Callable[[], float]:
    start = time.perf_counter() - elapsed
    return lambda: time.perf_counter() - start


def _chunk(chunk: int | None) -> int:
    if chunk is None:
        return 1 if jax.default_backend() == "cpu" else 2**30
    return checked_count(chunk, "chunk", "solve", optional=True)


def _solution(
    progress: Progress, entries: ConstraintEntries, reason: str, said: tuple[str, ...]
) -> Solution:
    last = progress.last
    return Solution(
        latent=progress.champion,
        design=progress.problem.task.space.decode(jnp.asarray(progress.champion)),
        violations=entries.by_name(progress.constraints),
        value=last["best_value"],
        score=last["score"],
        history=History.from_rows(progress.rows),
        champions=stacked(progress),
        reason=reason,
        notes=(*notes(progress), *said),
        simulator_steps=last["simulator_steps"],
        gradient_steps=last["gradient_steps"],
        charged_steps=last["charged_steps"],
        seconds=last["seconds"],
        num_growths=progress.num_growths,
        optimizer_state=progress.optimizer_state,
        problem=progress.problem,
    )
