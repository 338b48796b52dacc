"""A design from start to finish: search, score, verify, and a folder that holds all of it."""

import dataclasses
import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from shlex import quote
from typing import Any

import jax.numpy as jnp
import numpy as np

from .._checks import checked_key
from .._inexact import exact
from .._judged import Judged
from .._problem import Problem
from .._simulator import AbstractSimulator
from .._solve import AbstractStop, Solution, check_solve, solve
from .._task import Task
from .._types import PRNGKeyArray
from .._verify import Judgement, Verification, check_frames, compared, judge, notes_of
from ..io._design_file import StoredDesign, read_design
from ..io._history import write_history
from ..io._run_directory import RunDirectory, open_run_directory
from ..io._sealed import fingerprint
from ..optimizers import AbstractOptimizer, Then
from ..reference import AbstractReference, Simulated
from ._champions import read_champions, write_champions
from ._error_scores import error_scores
from ._finer import fine_score
from ._known import doubts, showing
from ._laps import Laps
from ._outputs import drawn, write_outputs
from ._result import is_finished, read_result, write_result

_SEARCHED = ("resolution", "errors")  # of what was searched through, where that is not the usual
_ALIKE = 1e-3  # m: parameters near a bound lose digits on the way through the latent
# What is said of failures is among the notes.
_SENTENCES = ("failures", "notes")
_VERIFIED = [f.name for f in dataclasses.fields(Verification) if f.name not in _SENTENCES]


def _no_phase(name: str) -> None:
    pass


def _no_row(row: Mapping[str, Any]) -> None:
    pass


@dataclasses.dataclass(frozen=True)
class Watch:
    """Who is told how a run is going.

    **Arguments:** `phase`: called with the name of what begins; `row`: with every row of the
    history.
    """

    phase: Callable[[str], None] = _no_phase
    row: Callable[[Mapping[str, Any]], None] = _no_row


SILENT = Watch()


def run_design(
    out: str | Path,
    configuration: Mapping[str, Any],
    problem: Problem,
    optimizer: AbstractOptimizer | Then,
    *,
    reference: AbstractReference | None,
    missing: str | None = None,
    key: PRNGKeyArray,
    max_steps: int | None = None,
    budget: float | None = None,
    initial: Any = None,
    stop: Sequence[AbstractStop] = (),
    pictures: bool = True,
    finer: bool | None = False,
    watch: Watch = SILENT,
) -> dict[str, Any]:
    """Optimize, score on unseen conditions, verify, and leave everything in a run directory.

    The directory can be named again: a finished run is only reported, an interrupted one goes on
    and ends with the history it would have had. Each iteration is on disk before the next one.
    What is scored and verified is the design as `design.json` holds it.

    **Arguments:**

    - `out`: the run directory.
    - `configuration`: a JSON-able mapping of all that determines the result; `task`,
      `optimizer`, `seed` and `simulator` ("learned" or "reference") name the run in its figure.
    - `problem`, `optimizer`, `key`, `max_steps`, `budget`, `initial`, `stop`: as `solve` takes
      them.
    - `reference`: the solver that has the last word. If it runs the problem's own simulator,
      nothing is simulated twice; `None` if there is none, which a note then says, and the sentence
      `missing`.
    - `pictures`: whether to draw what the run's files show; `invdesign figures` may later.
    - `finer`: whether to score at twice the reference's resolution, too; `None` where that takes no
      longer than all before. Of a run that is finished already nothing is scored anew.

    **Returns:** the content of `verification.json`: scores, steps, seconds, and why it ended.

    **Raises:** `ValueError` if `out` holds anything else, or as `solve` does;
    `KeyboardInterrupt` after Ctrl-C, once history and champion are written.
    """
    checked_key(key, "run_design")
    check_frames(problem.simulator, reference)
    check_solve(problem, optimizer, max_steps=max_steps, budget=budget, initial=initial)
    run = open_run_directory(out, configuration)
    if is_finished(run):
        return _again(run, watch, pictures)
    watch.phase("search")
    laps = Laps()
    solution = solve(
        problem,
        optimizer,
        key=key,
        max_steps=max_steps,
        budget=budget,
        initial=initial,
        stop=stop,
        callback=watch.row,
        checkpoint=run.path,
        fingerprint=fingerprint(configuration),
        save_every=0.0,
    )
    write_champion(run, exact(problem.task), solution)
    if solution.reason == "interrupted":
        raise KeyboardInterrupt
    start = problem.task.space.initial() if initial is None else initial
    _conclude(run, solution, np.asarray(start), reference, missing, watch, laps, finer)
    return _again(run, watch, pictures)


def _again(run: RunDirectory, watch: Watch, pictures: bool) -> dict[str, Any]:
    """The numbers of a finished run; its pictures, if they are wanted and not drawn yet."""
    drawn_before = (run / "figure.png").exists() and (run / "animation.gif").exists()
    if pictures and not drawn_before:
        watch.phase("pictures")
        _draw(run)
    return read_result(run)


def _draw(run: RunDirectory) -> None:
    """Draw the pictures of a run whose result is written; what fails is added to its notes."""
    result = read_result(run)
    fresh = [note for note in drawn(run) if note not in result["notes"]]
    if fresh:
        write_result(run, {**result, "notes": [*result["notes"], *fresh]})


def write_champion(run: RunDirectory, task: Task, solution: Solution) -> None:
    """Write history, champions, `design.json` and the tool's files of a run that has ended."""
    if len(solution.history):
        write_history(run / "history.csv", solution.history.rows())
    write_champions(run, solution.champions)
    write_design_files(run, task, solution.design)


def write_design_files(run: RunDirectory, task: Task, design: Any) -> None:
    """Write `design.json`, and a design's files for other programs, as its family has them."""
    showing(task).write_design(run, task, design)


def read_champion(run: RunDirectory, task: Task, source: str | None = None) -> Any:
    """The latent of a run's `design.json`.

    **Arguments:** `source`: the task's, as the user typed it; by default as the run recorded it.

    **Raises:** `ValueError` if there is none yet, or it is no design of the task.
    """
    path = run / "design.json"
    if not os.path.lexists(path):
        source = source or run.configuration.get("task_source")
        raise ValueError(
            f"`{run.path}` holds no design yet; go on with the run first: "
            f"`invdesign run {quote(str(source))} --out {quote(str(run.path))}`."
        )
    stored = read_design(path)
    if stored.task not in (None, task.name):
        raise ValueError(f"`{path}` is a design of `{stored.task}`, not of `{task.name}`.")
    try:
        latent = task.space.encode(stored.parameters)
    except ValueError as error:
        raise ValueError(f"`{path}`: {error}") from error
    _check_segments(path, stored, task.space.decode(jnp.asarray(latent)))
    return latent


def _check_segments(path: Path, stored: StoredDesign, design: Any) -> None:
    """Refuse a design whose tool is not the one that its parameters make."""
    if stored.segments is None:
        return
    made = np.asarray(getattr(design, "segments", np.zeros((0, 2, 2))))
    if stored.segments.shape != made.shape:
        raise ValueError(
            f"`{path}` has segments of the shape {list(stored.segments.shape)}, designs of the "
            f"task {list(made.shape)}."
        )
    if not np.allclose(stored.segments, made, rtol=0.0, atol=_ALIKE):
        raise ValueError(
            f"`{path}` was altered, or the task has changed since: its segments are not those that "
            "the task makes of its parameters now. Run it again with another `--out`."
        )


def _conclude(
    run: RunDirectory,
    solution: Solution,
    start: np.ndarray,
    reference: AbstractReference | None,
    missing: str | None,
    watch: Watch,
    laps: Laps,
    finer: bool | None,
) -> None:
    task, simulator = exact(solution.problem.task), solution.problem.simulator
    spent = {"search": (solution.seconds, laps.lap()[1])}
    watch.phase("scores on unseen conditions")
    latent = read_champion(run, task)
    before, after = (judge(each, task, Simulated(simulator)) for each in (start, latent))
    spent["scores"] = laps.lap()
    trusted = _trusted(latent, task, simulator, after, reference, watch)
    spent["verification"] = laps.lap()
    fine, said = fine_score(latent, task, reference, wanted=finer, spent=spent, phase=watch.phase)
    if fine:
        spent["finer verification"] = laps.lap()
    champions = read_champions(run, np.asarray(latent))
    errors = run.configuration.get("errors")
    off, failed = error_scores(latent, task, reference, errors, watch.phase)
    if off:
        spent["verification with errors"] = laps.lap()
    judged = Judged(task, start, np.asarray(latent), before, after, trusted, champions)
    watch.phase("records")
    troubles = write_outputs(run, judged, simulator, reference)
    doubted = doubts(task, latent, simulator)
    result: dict[str, Any] = {**_result(run, solution, judged, spent), **doubted.numbers}
    result |= known_numbers({**fine, **off})
    result["notes"] += [*_lost(before, after), *troubles, *doubted.notes]
    result["notes"] += [*after.failures("simulator"), *said, *failed]
    if trusted is not None and trusted is not after:
        result["notes"] += trusted.failures("reference solver")
    if trusted is None:
        result["notes"].append(f"verification was skipped: {missing or 'no reference solver'}")
    write_result(run, result)


def _lost(before: Judgement, after: Judgement) -> list[str]:
    """That a search ended below where it began; not every method looks at that design at all."""
    if before.violations or not after.score < before.score:
        return []
    return [
        f"the design found scores less than the one begun with, {after.score:.4g} and "
        f"{before.score:.4g} on unseen conditions"
    ]


def _trusted(
    latent: Any,
    task: Task,
    simulator: AbstractSimulator,
    after: Judgement,
    reference: AbstractReference | None,
    watch: Watch,
) -> Judgement | None:
    """The last word: of the problem's own simulator if that is the reference solver."""
    if reference is None or reference.wraps(simulator):
        return None if reference is None else after
    watch.phase("verification in the reference solver")
    return judge(latent, task, reference)


def _result(
    run: RunDirectory, solution: Solution, judged: Judged, spent: dict[str, tuple[float, float]]
) -> dict[str, Any]:
    names = ("task", "optimizer", "seed", "simulator")
    before, after, trusted = judged.before, judged.after, judged.trusted
    if trusted is None:
        verified = dict.fromkeys(_VERIFIED)
        verified |= {"score": after.score, "scores": after.scores, "num_failed": after.num_failed}
    else:
        verification = compared(trusted, after)
        verified = {name: getattr(verification, name) for name in _VERIFIED}
    figures: dict[str, float | None] = {}
    for name, values in after.metrics.items():
        figures[f"{name}_initial"] = float(before.metrics[name].mean())
        figures[name] = float(values.mean())
        figures[f"reference_{name}"] = (
            None if trusted is None else float(trusted.metrics[name].mean())
        )
    return known_numbers(
        {
            **{name: run.configuration.get(name) for name in names},
            **{name: x for name, x in run.configuration.items() if name in _SEARCHED},
            "score_initial": before.score,
            **verified,
            **figures,
            "violations": after.violations,
            "reference_violations": None if trusted is None else trusted.violations,
            "value": solution.value,
            "iterations": len(solution.history),
            "simulator_steps": solution.simulator_steps,
            "gradient_steps": solution.gradient_steps,
            "charged_steps": solution.charged_steps,
            "seconds": sum(seconds for seconds, _ in spent.values()),
            "seconds_by_phase": {phase: seconds for phase, (seconds, _) in spent.items()},
            "compiling_by_phase": {phase: seconds for phase, (_, seconds) in spent.items()},
            "reason": solution.reason,
            "notes": list(dict.fromkeys([*solution.notes, *notes_of(before, after, trusted)])),
        }
    )


def known_numbers(tree: Any) -> Any:
    """The same with `None` for every number that is none: what JSON can say of a failure."""
    if isinstance(tree, dict):
        return {key: known_numbers(value) for key, value in tree.items()}
    if isinstance(tree, list | tuple | np.ndarray):
        return [known_numbers(value) for value in tree]
    if isinstance(tree, float | np.floating):
        return float(tree) if np.isfinite(tree) else None
    return tree
