"""Optimizers side by side: equal budgets, equal starts, judged in the reference solver."""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

import jax
import jax.numpy as jnp
import msgspec
import numpy as np
from msgspec import Meta

from .._checks import checked_count
from .._digest import digest
from .._problem import Problem, check_scenes
from .._solve import Solution, check_solve, solve
from .._solve._progress import charge, phases
from .._types import Latent
from .._verify import check_frames, judge
from ..io._run_directory import RunDirectory, open_run_directory
from ..io._schema import Count, Line, NonNegative, as_record
from ..io._sealed import fingerprint, read_sealed, write_sealed
from ..optimizers import AbstractOptimizer, Then
from ..reference import AbstractReference, Simulated
from ..viz import save_figure
from ..viz._comparison import comparison_figure
from ._known import doubts
from ._optimizers import Contestant
from ._run import SILENT, Watch
from ._start import seeded_start

# Shares of the budget at which champions are judged: most happens early.
_MARKS = (1 / 16, 1 / 8, 1 / 4, 1 / 2, 1.0)
_RESULT, _MOMENTS = "result.json", "moments.json"
_DISTANCE = "distance_to_data"


class _Moments(msgspec.Struct, forbid_unknown_fields=True):
    """Charged steps, score and reference score at the marks that a run has passed."""

    moments: list[tuple[NonNegative, float | None, float | None]]


class _Result(msgspec.Struct):
    """What a run of a comparison came to, as `compare` returns it."""

    optimizer: Line
    seed: Count
    steps: Annotated[list[NonNegative], Meta(min_length=1)]
    score: Annotated[list[float | None], Meta(min_length=1)]
    reference_score: Annotated[list[float | None], Meta(min_length=1)]
    iterations: Count
    simulator_steps: Count
    gradient_steps: Count
    charged_steps: NonNegative
    seconds: NonNegative
    value: float | None
    reason: Line


def compare(
    out: str | Path,
    configuration: Mapping[str, Any],
    problem: Problem,
    contestants: Sequence[Contestant],
    *,
    reference: AbstractReference,
    num_seeds: int,
    budget: float,
    watch: Watch = SILENT,
) -> list[dict[str, Any]]:
    """Run every optimizer from every seed on the same charged budget; draw what came of it.

    Champions are scored on the task's unseen conditions, under the problem's simulator and in
    the reference solver, at five moments of the budget. The folder can be named again: runs that
    are finished are read, an interrupted one goes on, further optimizers and seeds are added.

    **Arguments:**

    - `out`: the folder; one run directory for each optimizer and seed, and `comparison.png`.
    - `configuration`: a JSON-able mapping of all that determines the results, apart from the
      optimizers and seeds.
    - `num_seeds`: seeds 0, 1, ... of each optimizer, at least 1.
    - `budget`: simulator steps charged to each run.

    **Returns:** one mapping a run with `optimizer`, `seed`, and lists over the moments of
    `steps` (charged so far), `score` and `reference_score`; totals of the run beside them, and
    what is known of the distance of its design to a model's data, and `notes` on why its numbers
    may be poor.

    **Raises:** `ValueError` if there is nothing to compare, a budget does not allow for one
    iteration, or `out` holds anything else.
    """
    if not contestants:
        raise ValueError("`compare` needs at least one optimizer, got none.")
    checked_count(num_seeds, "num_seeds", "compare")
    check_frames(problem.simulator, reference)
    for contestant in contestants:
        check_solve(problem, contestant.optimizer, budget=budget)
    open_run_directory(out, configuration)
    results = []
    for seed in range(num_seeds):
        for contestant in contestants:
            watch.phase(f"{contestant.name}, seed {seed}")
            code = digest(contestant.optimizer, contestant.name)
            own = {"optimizer": contestant.name, "optimizer_digest": code, "seed": seed}
            own |= contestant.settings
            folder = Path(out) / f"{contestant.name}-{seed}"
            run = open_run_directory(folder, {**configuration, **own})
            results.append(_contest(run, problem, contestant, seed, reference, budget, watch))
    draw_comparison(out, results, configuration)
    return results


def _contest(
    run: RunDirectory,
    problem: Problem,
    contestant: Contestant,
    seed: int,
    reference: AbstractReference,
    budget: float,
    watch: Watch,
) -> dict[str, Any]:
    if os.path.lexists(run / _RESULT):
        return _read_result(run)
    start = seeded_start(problem.task.space, seed)
    moments = _read_moments(run)
    solution: Solution | None = None
    # A run to each mark in turn: the checkpoint makes them one, and each ends with its champion.
    marks = _marks(problem, contestant.optimizer, start, budget)
    for mark in marks[len(moments) :] or marks[-1:]:
        earlier = solution
        solution = solve(
            problem,
            contestant.optimizer,
            key=jax.random.key(seed),
            budget=mark,
            initial=start,
            callback=watch.row,
            checkpoint=run.path,
            fingerprint=fingerprint(run.configuration),
        )
        if solution.reason == "interrupted":
            raise KeyboardInterrupt
        if len(moments) == len(marks):
            break
        if earlier is not None and np.array_equal(earlier.latent, solution.latent):
            scores = moments[-1][1:]
        else:
            scores = _scores(problem, solution, reference)
        moments.append((solution.charged_steps, *scores))
        # Later marks overwrite the champion of this one, which a resumed run must not lose.
        write_sealed(run / _MOMENTS, {"moments": moments})
    assert solution is not None
    result = _result(run, solution, moments, _doubts(problem, solution, reference))
    write_sealed(run / _RESULT, result, files=("config.json", "solve.npz", _MOMENTS))
    return result


def _read_moments(run: RunDirectory) -> list[Any]:
    """Charged steps, score and reference score at the marks that a run has passed."""
    path = run / _MOMENTS
    if not os.path.lexists(path):
        return []
    return as_record(read_sealed(path), _Moments, path=path).moments


def _read_result(run: RunDirectory) -> dict[str, Any]:
    content = read_sealed(run / _RESULT)
    as_record(content, _Result, path=run / _RESULT)
    return content


def _marks(
    problem: Problem, optimizer: AbstractOptimizer | Then, start: Latent, budget: float
) -> list[float]:
    """The moments of the budget by which at least one iteration can have been made."""
    first = phases(optimizer)[0].optimizer
    key = jax.random.key(0)
    asked = first.ask(first.init(start, key=key), key=key)
    cost = charge(problem, first.order, len(asked))
    return [share * budget for share in _MARKS if share * budget >= cost or share == 1.0]


def _scores(
    problem: Problem, solution: Solution, reference: AbstractReference
) -> tuple[float, float]:
    """Of a champion on unseen conditions: under the simulator, in the reference solver."""
    latent = jnp.asarray(solution.latent)
    score = judge(latent, problem.task, Simulated(solution.problem.simulator)).score
    if reference.simulator is problem.simulator:
        return score, score
    return score, judge(latent, problem.task, reference).score


def _doubts(problem: Problem, solution: Solution, reference: AbstractReference) -> tuple[str, ...]:
    """What the simulator and the reference solver have to say of a champion's scenes."""
    players = [solution.problem.simulator, reference.simulator]
    return tuple(
        note
        for player in players
        if player is not None
        for note in check_scenes(problem.task, player, solution.design, problem.task.unseen)
    )


def _result(
    run: RunDirectory,
    solution: Solution,
    moments: list[tuple[float, float, float]],
    said: tuple[str, ...],
) -> dict[str, Any]:
    steps, score, reference_score = zip(*moments, strict=True)
    task, simulator = solution.problem.task, solution.problem.simulator
    doubted = doubts(task, solution.latent, simulator)
    return {
        "optimizer": run.configuration["optimizer"],
        "seed": run.configuration["seed"],
        "steps": steps,
        "score": score,
        "reference_score": reference_score,
        "iterations": len(solution.history),
        "simulator_steps": solution.simulator_steps,
        "gradient_steps": solution.gradient_steps,
        "charged_steps": solution.charged_steps,
        "seconds": solution.seconds,
        "value": solution.value,
        "reason": solution.reason,
        **doubted.numbers,
        "notes": list(dict.fromkeys([*said, *doubted.notes])),
    }


def summarize(results: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """One row an optimizer: median and range over the seeds of the scores at the end.

    Of the distances to a model's data, if there are any, the largest.
    """
    rows = []
    for name in dict.fromkeys(result["optimizer"] for result in results):
        mine = [result for result in results if result["optimizer"] == name]
        row: dict[str, Any] = {"optimizer": name, "seeds": len(mine)}
        for key in ("score", "reference_score"):
            ends = np.asarray([result[key][-1] for result in mine], float)
            row |= {
                key: float(np.median(ends)),
                f"{key}_min": float(ends.min()),
                f"{key}_max": float(ends.max()),
            }
        for key in ("charged_steps", "seconds"):
            row[key] = float(np.median([result[key] for result in mine]))
        known = [result[_DISTANCE] for result in mine if result.get(_DISTANCE) is not None]
        row |= {_DISTANCE: max(known)} if known else {}
        rows.append(row)
    return rows


def draw_comparison(
    out: str | Path, results: Sequence[Mapping[str, Any]], configuration: Mapping[str, Any]
) -> Path:
    """Write `comparison.png` of some results."""
    budget, simulator = configuration.get("budget"), configuration.get("simulator")
    number = len({result["seed"] for result in results})
    figure = comparison_figure(
        results,
        title=f"{configuration.get('task')}: optimizers on a budget of {budget:g} simulator steps",
        subtitle=f"median and range of {number} seeds, unseen conditions",
        simulator="reference solver" if simulator == "reference" else "learned simulator",
    )
    return save_figure(Path(out) / "comparison.png", figure)
