"""When may a run end early? Whole runs from ten starts, and where `PlateauStop` would end them.

Each shipped task is searched as `invdesign run` does, with the whole budget, from
`seeded_start(problem.task.space, 0)` to `9`; then the rule is applied to the rows for several
patiences. A start is kept if the champion is the same as without the rule, or its score on the
conditions optimized on differs by at most 0.005 (below one half: by a hundredth of itself; above
one, as lift over drag is: by 0.005 of itself). Where the budget ends before the present patience
can, as it does for populations, no run is needed: all starts are kept. Each
run is on disk when it ends: the same command goes on where it stopped, and makes again what was
made of another task, with other weights or by another optimizer than today's default.

    python -m benchmarks.studies.plateau
"""

from collections.abc import Mapping, Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from benchmarks._common import RESULTS, arguments, publish, show
from invdesign import PlateauStop, solve
from invdesign._solve._progress import charge
from invdesign.io._reading import read_json
from invdesign.optimizers import Then
from invdesign.studies import Resolved, RunConfig, resolve, seeded_start
from invdesign.studies._config import PATIENCE
from invdesign.studies._identity import task_digest

OPTIONS: tuple[tuple[str, dict[str, Any]], ...] = (
    (
        "--tasks",
        {"default": "contain,ramp,maze,airfoil,flick,ks-steer,rope-throw,rope-drape,ball-chute"},
    ),
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


def most_iterations(chosen: Resolved) -> int | None:
    """How many iterations the budget of a run is for; `None` of a chain, or without a budget."""
    optimizer, budget = chosen.player().optimizer, chosen.effort.budget
    if isinstance(optimizer, Then) or budget is None:
        return None
    key = jax.random.key(0)
    state = optimizer.init(jnp.asarray(seeded_start(chosen.task.space, 0)), key=key)
    population = len(optimizer.ask(state, key=key))
    return int(budget // charge(chosen.problem, optimizer, population))


def short(names: Mapping[str, Resolved], patience: int) -> dict[str, int]:
    """Tasks whose budget is at an end no later than the rule could be, and its iterations."""
    most = {name: most_iterations(chosen) for name, chosen in names.items()}
    return {name: n for name, n in most.items() if n is not None and n <= patience + 1}


def length(run: Mapping[str, Any], rule: PlateauStop) -> int:
    """After how many rows the rule would have ended a run; all of them if never."""
    columns = run["rows"]
    rows = [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]
    ends = (number for number in range(1, len(rows)) if rule(rows[:number]) is not None)
    return next(ends, len(rows))


def kept(run: Mapping[str, Any], number: int) -> bool:
    """Whether the champion after this many rows is as good as the last one."""
    score, best = run["rows"]["score"], run["rows"]["best_value"]
    gap, size = abs(score[number - 1] - score[-1]), abs(score[-1])
    scale = 2 * size if size < 0.5 else max(1.0, size)
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
    stored = read_json(given.out)["results"] if given.out.exists() else {"runs": []}
    chosen = {name: resolve(RunConfig(task=name)) for name in names}
    runs = [run for run in stored["runs"] if run["task"] not in names or not is_old(run, chosen)]
    never = {k: n for k, n in stored.get("never", {}).items() if k not in names}
    never |= short(chosen, PATIENCE)

    def save() -> None:
        found = {"patience": PATIENCE, "summary": summary(runs), "never": never, "runs": runs}
        publish(__file__, given, found)

    for seed in range(1 if given.quick else given.starts):
        for name in names:
            if name not in never and not any(r["task"] == name and r["seed"] == seed for r in runs):
                runs.append(whole_run(name, seed))
                save()
    save()
    show("Where the rule would have ended whole runs", summary(runs))
    print(f"Iterations of those that it never ends, with a patience of {PATIENCE}: {never}")


if __name__ == "__main__":
    main()
