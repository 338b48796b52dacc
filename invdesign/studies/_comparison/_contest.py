"""A finished run of a study as a comparison sees it: from its files alone."""

import dataclasses
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from ..._solve import History, load_history
from ...io._run_directory import RunDirectory, read_run_directory
from .._champions import read_all_champions
from .._result import read_result


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
    limit: float

    def at(self, budget: float) -> int | None:
        """The last iteration that a budget allows for; `None` if it allows for none."""
        made = int(np.searchsorted(self.history["charged_steps"], budget, side="right"))
        return made - 1 if made else None

    def stands(self, iteration: int) -> bool:
        """Whether the champion after an iteration is the last one, whose scores are known."""
        return not self.changed[iteration + 1 :].any()

    def last_gain(self, iteration: int) -> int:
        """The iteration up to another one that found the champion there."""
        found = np.flatnonzero(self.changed[: iteration + 1])
        return int(found[-1]) if len(found) else 0


def read_contest(folder: Path, label: str) -> Contest:
    """A finished run.

    **Raises:** `ValueError` naming the file that is missing or damaged.
    """
    run = read_run_directory(folder)
    result, history = read_result(run), load_history(folder / "history.csv")
    known = run.configuration
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
        changed=_changed(run, len(history)),
        result=result,
        limit=_limit(known, history),
    )


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
