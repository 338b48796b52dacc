"""Which settings serve each of six optimizers best, with equal effort.

Every setting of the grid runs through the reference solver from the same starts on the same
charged budget, on each task; or through the learned simulator, which has a grid and a file of its
own. The winner of an optimizer is the setting with the highest mean, over tasks and seeds, of the
final champion's score on unseen conditions. `optimizers.py` then compares the winners on seeds that
took no part here. Each run is on disk when it ends; the same command goes on where it stopped.

    python -m benchmarks.studies.tuning
    python -m benchmarks.studies.tuning --simulator learned --tasks maze
"""

import dataclasses
from collections.abc import Mapping
from typing import Any

import jax
import numpy as np

from benchmarks._common import RESULTS, Kind, arguments, publish, resolved, show
from invdesign import judge, solve
from invdesign.io._reading import read_json
from invdesign.reference import Simulated
from invdesign.studies import seeded_start
from invdesign.studies._identity import task_digest
from invdesign.studies._optimizers import DEFAULT_ITERATIONS, Effort, contestant, default_budget
from invdesign.studies._registry import load_task

OPTIONS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("--tasks", {"default": "contain,ramp,maze"}),
    ("--optimizers", {"default": "adam,coupled-adam,smoothed-adam,cem,cmaes,cmaes-adam"}),
    ("--simulator", {"default": "reference", "help": "or learned"}),
    ("--seeds", {"type": int, "default": 2}),
    ("--first-seed", {"type": int, "default": 1, "help": "optimizers.py begins at 20"}),
    ("--gradients", {"type": float, "default": 40.0, "help": "the budget, in gradients"}),
)
Grid = Mapping[str, tuple[dict[str, Any], ...]]
GRID: Grid = {
    "adam": (
        {"learning_rate": 0.06, "decay": True},
        {"learning_rate": 0.09, "decay": True},
        {"learning_rate": 0.12, "decay": True},
        {"learning_rate": 0.075, "decay": False},
    ),
    "coupled-adam": (
        {"learning_rate": 0.12, "decay": True, "narrowing": 1.0},
        {"learning_rate": 0.12, "decay": True, "narrowing": 1.0, "width": 1.0},
        {"learning_rate": 0.18, "decay": True, "narrowing": 1.0},
        {"learning_rate": 0.075, "decay": False, "narrowing": 1.0},
    ),
    "smoothed-adam": (
        {"noise": 0.1},
        {"noise": 0.2},
        {"noise": 0.3},
        {"noise": 0.2, "learning_rate": 0.12, "decay": True},
    ),
    "cem": (
        {"population": 32, "elites": 8, "std": 1.0},
        {"population": 16, "elites": 4, "std": 1.0},
        {"population": 16, "elites": 4, "std": 0.5},
        {"population": 16, "elites": 2, "std": 1.0},
    ),
    "cmaes": (
        {"std": 1.0},
        {"std": 0.5},
        {"std": 0.25},
        {"population": 28, "std": 0.5},
    ),
    "cmaes-adam": (
        {"std": 0.25},
        {"std": 0.25, "decay": True},
        {"std": 0.5},
        {"std": 0.5, "decay": True},
    ),
}
# Through the learned simulator, whose gradients allow longer steps.
LEARNED_GRID: Grid = {
    "adam": (
        {"learning_rate": 0.075, "decay": False},
        {"learning_rate": 0.15, "decay": False},
        {"learning_rate": 0.15, "decay": True},
        {"learning_rate": 0.3, "decay": True},
    ),
    "coupled-adam": (
        {"learning_rate": 0.075, "decay": False, "narrowing": 1.0},
        {"learning_rate": 0.075, "decay": False, "narrowing": 0.33},
        {"learning_rate": 0.15, "decay": False, "narrowing": 1.0},
        {"learning_rate": 0.15, "decay": False, "narrowing": 0.33},
    ),
    "cem": GRID["cem"],
    "cmaes": GRID["cmaes"],
}


def score(
    name: str, kind: Kind, optimizer: str, setting: Mapping[str, Any], seed: int, budget: float
) -> float:
    """The final champion's score on unseen conditions under the simulator descended through."""
    task = load_task(name)
    problem = resolved(name, kind, "water2d").problem
    effort = Effort(budget=budget / DEFAULT_ITERATIONS * default_budget(problem), **setting)
    solution = solve(
        problem,
        contestant(optimizer, problem, effort).optimizer,
        key=jax.random.key(seed),
        budget=effort.budget,
        initial=seeded_start(problem.task.space, seed),
    )
    return judge(
        jax.numpy.asarray(solution.latent), task, Simulated(solution.problem.simulator)
    ).score


def summary(runs: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """A row a setting, the best of an optimizer first: mean and lowest score, and each task's."""
    rows: dict[str, list[dict[str, Any]]] = {}
    for run in runs:
        rows.setdefault(f"{run['optimizer']} {run['setting']}", []).append(run)
    table = []
    for mine in rows.values():
        ends = [run["score"] for run in mine]
        row = {"optimizer": mine[0]["optimizer"], "setting": mine[0]["setting"], "runs": len(mine)}
        row |= {"mean": float(np.mean(ends)), "lowest": min(ends)}
        for task in dict.fromkeys(run["task"] for run in mine):
            row[task] = float(np.mean([run["score"] for run in mine if run["task"] == task]))
        table.append(row)
    return sorted(table, key=lambda row: (row["optimizer"], -row["mean"]))


def main() -> None:
    given = arguments(__doc__, *OPTIONS, cached=True)
    tasks = ["contain-lite"] if given.quick else given.tasks.split(",")
    kind = Kind(given.simulator)
    grid, ending = (GRID, "") if kind is Kind.REFERENCE else (LEARNED_GRID, "-learned")
    names = ["adam"] if given.quick else [n for n in given.optimizers.split(",") if n in grid]
    given.out = given.out or RESULTS / f"tuning{ending}.json"
    runs = read_json(given.out)["results"]["runs"] if given.out.exists() else []
    budget = 4.0 if given.quick else given.gradients
    for seed in range(given.first_seed, given.first_seed + (1 if given.quick else given.seeds)):
        for task in tasks:
            digest = task_digest(load_task(task))
            for name in names:
                for setting in grid[name]:
                    found = {"task": task, "task_digest": digest, "optimizer": name, "seed": seed}
                    found |= {"gradients": budget, "setting": _words(setting)}
                    if not any(found.items() <= run.items() for run in runs):
                        end = score(task, kind, name, setting, seed, budget)
                        runs.append({**found, "score": end})
                        publish(__file__, given, {"summary": summary(runs), "runs": runs})
    show(f"tuning, {kind.value}", summary(runs))


def _words(setting: Mapping[str, Any]) -> str:
    known = {field.name for field in dataclasses.fields(Effort)}
    assert setting.keys() <= known
    return ", ".join(f"{key} {value}" for key, value in setting.items())


if __name__ == "__main__":
    main()
