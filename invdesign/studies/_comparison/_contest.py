"""A finished run of a study as a comparison sees it: from its files alone."""

import dataclasses
import math
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from ..._solve import History, load_history
from ...io._run_directory import RunDirectory, read_run_directory
from ...io._schema import as_record
from ...io._sealed import read_sealed
from .._champions import read_all_champions
from .._result import read_result

JUDGED = "judged.json"


class JudgedChampion(msgspec.Struct, frozen=True):
    """A champion's scores on unseen conditions: under what was searched through, and in the
    reference solver; `None` if it failed there, or there is none."""

    score: float | None
    reference_score: float | None


class _Judged(msgspec.Struct):
    scores: dict[str, JudgedChampion]


@dataclasses.dataclass(frozen=True)
class Contest:
    """One finished run.

    **Arguments:**

    - `name`: its directory; `label`: what it shares with runs of other seeds; `seed`.
    - `task`, `optimizer`, `simulator`: of its configuration.
    - `code`: a checksum of the task, `model`: one of the weights.
    - `history`: its rows.
    - `changed`: after which iterations the champion is another one than before, `(iteration,)`.
    - `result`: what it came to.
    - `judged`: scores of champions by the iteration that found them; of the last one at least.
    - `limit`: charged steps up to which it tells anything: where its budget ended it, and no limit
      where it ended by itself.
    """

    name: str
    label: str
    seed: int
    task: str
    optimizer: str
    simulator: str
    code: str
    model: str | None
    history: History
    changed: np.ndarray
    result: Mapping[str, Any]
    judged: Mapping[int, JudgedChampion]
    limit: float

    def at(self, budget: float) -> int | None:
        """The last iteration that a budget allows for; `None` if it allows for none."""
        made = int(np.searchsorted(self.history["charged_steps"], budget, side="right"))
        return made - 1 if made else None

    def last_gain(self, iteration: int) -> int:
        """The iteration up to another one that found the champion there."""
        found = np.flatnonzero(self.changed[: iteration + 1])
        return int(found[-1]) if len(found) else 0

    def known(self, iteration: int) -> JudgedChampion | None:
        """What is known of the champion after an iteration."""
        return self.judged.get(self.last_gain(iteration))


def read_contest(folder: Path, label: str) -> Contest:
    """A finished run.

    **Raises:** `ValueError` naming the file that is missing or damaged.
    """
    run = read_run_directory(folder)
    result, history = read_result(run), load_history(folder / "history.csv")
    known, changed = run.configuration, _changed(run, len(history))
    end = JudgedChampion(result["score"], result["reference_score_mean"])
    return Contest(
        name=folder.name,
        label=label,
        seed=int(known.get("seed", 0)),
        task=str(known.get("task")),
        optimizer=str(known.get("optimizer")),
        simulator=str(known.get("simulator")),
        code=str(known.get("task_digest")),
        model=known.get("weights_sha256"),
        history=history,
        changed=changed,
        result=result,
        judged={**read_judged(folder), int(np.flatnonzero(changed)[-1]): end},
        limit=_limit(known, history),
    )


def read_judged(folder: Path) -> dict[int, JudgedChampion]:
    """Scores of champions by the iteration that found them; none if none were judged.

    **Raises:** `ValueError` naming the file if it is damaged, or of other champions.
    """
    path = folder / JUDGED
    if not os.path.lexists(path):
        return {}
    scores = as_record(read_sealed(path), _Judged, path=path).scores
    return {int(iteration): each for iteration, each in scores.items()}


def _changed(run: RunDirectory, iterations: int) -> np.ndarray:
    champions = read_all_champions(run)
    if len(champions) != iterations:
        raise ValueError(
            f"`{run / 'champions.npz'}` holds {len(champions)} designs of {iterations} iterations."
        )
    moved = (champions[1:] != champions[:-1]).any(axis=1)
    return np.concatenate([[True], moved])


def _limit(known: Mapping[str, Any], history: History) -> float:
    """Charged steps from which on the run might have come further."""
    limits = [math.inf]
    if known.get("budget") is not None:
        limits.append(float(known["budget"]))
    if known.get("steps") is not None and len(history) >= known["steps"]:
        limits.append(float(history["charged_steps"][-1]))
    return min(limits)
