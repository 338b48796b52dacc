"""When may a run end early? Whole runs from ten starts, and where `PlateauStop` would end them.

Each shipped task is searched as `invdesign run` does, with the whole budget, from
`seeded_start(problem.task.space, 0)` to `9`; then the rule is applied to the rows for several
patiences. A start is kept if the champion is the same as without the rule, or its score on the
conditions optimized on differs by at most 0.005 (a drag: by at most a hundredth of itself). Each
run is on disk when it ends: the same command goes on where it stopped, and makes again what was
made of another task, with other weights or by another optimizer than today's default.

    python -m benchmarks.studies.plateau --tasks contain,ramp,maze,airfoil,flick
"""

from collections.abc import Mapping, Sequence
from typing import Any

import jax
import numpy as np

from benchmarks._common import RESULTS, arguments, publish, show
from invdesign import PlateauStop, solve
from invdesign.io._reading import read_json
from invdesign.studies import RunConfig, resolve, seeded_start
from invdesign.studies._identity import task_digest

OPTIONS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("--tasks", {"default": "contain,ramp,maze,airfoil,flick"}),
    ("--starts", {"type": int, "default": 10}),
)
PATIENCES = (5, 8, 10, 12, 15, 20, 25)
_COLUMNS = ("value", "best_value", "score", "violation")
_ALIKE = 0.005


def whole_run(name: str, seed: int) -> dict[str, Any]:
    """One run with all of its budget: what the rule looks at, row by row."""
    chosen = resolve(RunConfig(task=name))
    effort, player = chosen.effort, chosen.player()
    solution = solve(
        chosen.problem,
        player.optimizer,
        key=jax.random.key(seed),
        max_steps=effort.steps,
        budget=effort.budget,
        initial=seeded_start(chosen.task.space, seed),
    )
    rows = {key: np.asarray(solution.history[key]).tolist() for key in _COLUMNS}
    return {
        "task": name,
        "optimizer": player.name,
        "seed": seed,
        "task_digest": task_digest(chosen.task),
        "weights_sha256": chosen.settings["weights_sha256"],
        "reason": solution.reason,
        "rows": rows,
    }


def is_old(run: Mapping[str, Any], chosen: Mapping[str, Any]) -> bool:
    """Whether a run is of another task, other weights or another optimizer than chosen now."""
    now = chosen[run["task"]]
    present = task_digest(now.task), now.settings["weights_sha256"], now.player().name
    return (run["task_digest"], run["weights_sha256"], run["optimizer"]) != present


def length(run: Mapping[str, Any], rule: PlateauStop) -> int:
    """After how many rows the rule would have ended a run; all of them if never."""
    columns = run["rows"]
    rows = [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]
    ends = (number for number in range(1, len(rows)) if rule(rows[:number]) is not None)
    return next(ends, len(rows))


def kept(run: Mapping[str, Any], number: int) -> bool:
    """Whether the champion after this many rows is as good as the last one."""
    score, best = run["rows"]["score"], run["rows"]["best_value"]
    gap, scale = abs(score[number - 1] - score[-1]), min(1.0, 2 * abs(score[-1]))
    return best[number - 1] == best[-1] or gap <= _ALIKE * scale


def summary(runs: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """A row a task and patience: starts kept, and the share of the iterations that were made."""
    found = []
    for name in dict.fromkeys(run["task"] for run in runs):
        mine = [run for run in runs if run["task"] == name]
        for patience in PATIENCES:
            lengths = [length(run, PlateauStop(patience)) for run in mine]
            good = sum(kept(run, number) for run, number in zip(mine, lengths, strict=True))
            shares = [n / len(run["rows"]["value"]) for run, n in zip(mine, lengths, strict=True)]
            found.append(
                {
                    "task": name,
                    "optimizer": mine[0]["optimizer"],
                    "patience": patience,
                    "starts": len(mine),
                    "kept": good,
                    "share of the iterations": float(np.mean(shares)),
                }
            )
    return found


def main() -> None:
    given = arguments(__doc__, *OPTIONS, cached=True)
    names = ["flick"] if given.quick else given.tasks.split(",")
    given.out = given.out or RESULTS / "plateau.json"
    runs = read_json(given.out)["results"]["runs"] if given.out.exists() else []
    chosen = {name: resolve(RunConfig(task=name)) for name in names}
    runs = [run for run in runs if run["task"] not in names or not is_old(run, chosen)]
    for seed in range(1 if given.quick else given.starts):
        for name in names:
            if not any(r["task"] == name and r["seed"] == seed for r in runs):
                runs.append(whole_run(name, seed))
                publish(__file__, given, {"summary": summary(runs), "runs": runs})
    publish(__file__, given, {"summary": summary(runs), "runs": runs})
    show("Where the rule would have ended whole runs", summary(runs))


if __name__ == "__main__":
    main()
