"""The best designs of one and two numbers: what a search over many has to beat."""

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Annotated, Any

import jax
import jax.numpy as jnp
import msgspec
import numpy as np
from msgspec import Meta

from .._checks import checked_count
from .._task import Task
from .._verify import Judgement, judge
from ..io._run_directory import open_run_directory
from ..io._schema import NonNegative, as_record
from ..io._sealed import read_sealed, write_sealed
from ..reference import AbstractReference
from ..spaces import Slice
from ..viz import save_figure
from ..viz._scan import scan_figure
from ._run import known_numbers

_RESULT, _FIGURE = "result.json", "scan.png"
_SHORTLIST = 3
_SAVE_EVERY = 8
Progress = Callable[[str, int, int], None]


class _Points(msgspec.Struct, forbid_unknown_fields=True):
    """Score and largest violation of the points of a slice that have been simulated."""

    scores: list[float | None]
    violations: list[NonNegative | None]


class _Result(msgspec.Struct):
    """What a scan came to, as `scan` returns it."""

    rows: Annotated[list[dict[str, Any]], Meta(min_length=1)]
    notes: list[str]


def scan(
    out: str | Path,
    configuration: Mapping[str, Any],
    task: Task,
    reference: AbstractReference,
    *,
    points: int = 41,
    across: int | None = None,
    conditions: int | None = None,
    allowance: float = 0.005,
    progress: Progress = lambda name, done, total: None,
) -> dict[str, Any]:
    """Score the designs of the task's slices in the reference solver.

    All points of a slice are scored on the conditions that one optimizes on; the best three of
    them on the unseen ones, and the best of these is the row of the slice. The folder can be named
    again: what is done is read, an interrupted scan goes on. Where there are constraints, the best
    design is told, too, that is found `regardless` of them.

    **Arguments:**

    - `out`: the folder, for the points of each slice, `result.json` and `scan.png`.
    - `configuration`: a JSON-able mapping of all that determines the result.
    - `points`: of each slice; a plane has as many along an axis as their root.
    - `across`: how many a plane has along an axis instead.
    - `conditions`: how many of those that one optimizes on the points are scored on; all by
      default.
    - `allowance`: by how much a constraint may be missed in the reference solver, in its own unit:
      designs that keep them come first, others by how much they miss.
    - `progress`: told a slice, how many of its points are done, and of how many.

    **Returns:** `rows`, one a slice with `scan`, `numbers` by name, `score` (mean over unseen
    conditions), `training_score`, `violations`, the task's metrics, all `points`, and
    `regardless`, the same of the best design whatever it violates; `notes`.

    **Raises:** `ValueError` if the task declares no slice, or `out` holds anything else.
    """
    checked_count(points, "points", "scan", least=2)
    if not task.slices:
        raise ValueError(
            f"`{task.name}` declares no designs of one or two numbers to scan: give it `slices`."
        )
    seen = _first(task.conditions, conditions)
    run = open_run_directory(out, configuration)
    if os.path.lexists(run / _RESULT):
        return _read(run / _RESULT, _Result)
    rows, notes = [], []
    for index, (name, each) in enumerate(task.slices.items()):
        grid = each.grid(points, across)
        path = run / f"slice-{index}.json"
        found = _points(path, task, reference, each, grid, name, progress, seen)
        row, judged = _best(task, reference, each, grid, found, allowance)
        if task.constraints:
            row["regardless"], _ = _best(task, reference, each, grid, found, np.inf)
        rows.append({"scan": name, **row, "points": _listed(each, grid, found)})
        notes += [*judged.notes, *judged.failures("reference solver")]
    result = known_numbers({"rows": rows, "notes": list(dict.fromkeys(notes))})
    write_sealed(run / _RESULT, result)
    return _read(run / _RESULT, _Result)


def draw_scan(run: str | Path, result: Mapping[str, Any], *, title: str) -> Path:
    """Write `scan.png` of a result."""
    return save_figure(Path(run) / _FIGURE, scan_figure(result["rows"], title=title))


def _read(path: Path, kind: type[msgspec.Struct]) -> dict[str, Any]:
    content = read_sealed(path)
    as_record(content, kind, path=path)
    return content


def _points(
    path: Path,
    task: Task,
    reference: AbstractReference,
    each: Slice,
    grid: np.ndarray,
    name: str,
    progress: Progress,
    conditions: Any,
) -> dict[str, Any]:
    """Scores and violations of all points, which are on disk every few of them."""
    found: dict[str, Any] = {"scores": [], "violations": []}
    if os.path.lexists(path):
        found = _read(path, _Points)
    for index in range(len(found["scores"]), len(grid)):
        progress(name, index, len(grid))
        judged = judge(_latent(task, each, grid[index]), task, reference, conditions=conditions)
        score, missed = _known(judged)
        found["scores"].append(score)
        found["violations"].append(missed)
        if len(found["scores"]) % _SAVE_EVERY == 0 or index + 1 == len(grid):
            write_sealed(path, known_numbers(found))
    progress(name, len(grid), len(grid))
    return found


def _first(conditions: Any, number: int | None) -> Any:
    """The first of the conditions that one optimizes on."""
    checked_count(number, "conditions", "scan", optional=True)
    return jax.tree.map(lambda x: x[:number], conditions)


def _latent(task: Task, each: Slice, numbers: np.ndarray) -> Any:
    return task.space.encode(np.asarray(each(jnp.asarray(numbers))))


def _known(judged: Judgement) -> tuple[float | None, float | None]:
    """Score and largest violation; `None` where the reference solver failed."""
    if judged.num_failed:
        return None, None
    return judged.score, max(judged.violations.values(), default=0.0)


def _best(
    task: Task,
    reference: AbstractReference,
    each: Slice,
    grid: np.ndarray,
    found: Mapping[str, Any],
    allowance: float,
) -> tuple[dict[str, Any], Judgement]:
    """The row of a slice, and what is known of its design."""

    def rank(score: float | None, missed: float | None) -> tuple[float, float]:
        if score is None or missed is None:
            return -np.inf, -np.inf
        return -max(missed, allowance), score

    pairs = zip(found["scores"], found["violations"], strict=True)
    ranks = [rank(*pair) for pair in pairs]
    order = sorted(range(len(grid)), key=lambda index: ranks[index], reverse=True)[:_SHORTLIST]
    judged = {index: judge(_latent(task, each, grid[index]), task, reference) for index in order}
    best = max(order, key=lambda index: rank(*_known(judged[index])))
    own = judged[best]
    row = {
        "numbers": dict(zip(each.names, grid[best].tolist(), strict=True)),
        "score": own.score,
        "training_score": found["scores"][best],
        **{name: float(values.mean()) for name, values in own.metrics.items()},
        "violations": own.violations,
    }
    return row, own


def _listed(each: Slice, grid: np.ndarray, found: Mapping[str, Any]) -> dict[str, list[Any]]:
    columns = {name: grid[:, index].tolist() for index, name in enumerate(each.names)}
    return {**columns, "score": found["scores"], "violation": found["violations"]}
