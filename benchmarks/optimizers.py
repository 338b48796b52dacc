"""Simulator steps and seconds that each optimizer needs to reach given scores on a task.

Each optimizer runs from the same starts on the same charged budget, through the learned
simulator and through the reference solver. What is reached is the champion's score on the
conditions optimized on, under the simulator descended through; the scores of the final champion
on unseen conditions, there and in the reference solver, stand beside it. `transfer.py` reads the
designs that are found here.

    python benchmarks/optimizers.py --optimizers adam,lbfgs,cem,cmaes,cem-adam --seeds 3
"""

from typing import Any

import jax
import numpy as np
from _common import arguments, publish, show

from invdesign import Problem, judge, solve
from invdesign.cli._optimizers import (
    DEFAULT_ITERATIONS,
    LEARNING_RATE,
    Effort,
    contestant,
    default_budget,
)
from invdesign.cli._simulators import Chosen, Kind, choose
from invdesign.studies import load_task
from invdesign.studies._compare import seeded_start

SCORES = (0.3, 0.5, 0.7, 0.8, 0.9)
OPTIONS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("--task", {"default": "contain"}),
    ("--model", {"default": "water2d", "help": "a pretrained model, or a weights file"}),
    ("--optimizers", {"default": "adam,lbfgs,cem,cmaes,cem-adam,random"}),
    ("--simulators", {"default": "learned,reference"}),
    ("--seeds", {"type": int, "default": 3}),
    ("--first-seed", {"type": int, "default": 20, "help": "settings were tuned on lower ones"}),
    ("--gradients", {"type": float, "default": 40.0, "help": "the budget, in gradients"}),
    ("--learning-rate", {"type": float, "default": LEARNING_RATE}),
)


def reached(history: dict[str, np.ndarray]) -> dict[str, Any]:
    """For every score: the cost at which the champion had it for the first time, or `None`."""
    found: dict[str, Any] = {}
    for score in SCORES:
        above = np.flatnonzero(np.asarray(history["score"]) >= score)
        costs = ("simulator_steps", "gradient_steps", "charged_steps", "seconds")
        found[str(score)] = (
            {key: float(history[key][above[0]]) for key in costs} if len(above) else None
        )
    return found


def run(name: str, problem: Problem, chosen: Chosen, seed: int, effort: Effort) -> dict[str, Any]:
    """One optimizer from one start."""
    optimizer = contestant(name, problem, effort).optimizer
    solution = solve(
        problem,
        optimizer,
        key=jax.random.key(seed),
        budget=effort.budget,
        initial=seeded_start(problem, seed),
    )
    latent = jax.numpy.asarray(solution.latent)
    rows = {key: solution.history[key] for key in solution.history.columns}
    return {
        "optimizer": name,
        "seed": seed,
        "reached": reached(rows),
        "score_training": float(solution.score),
        "score": judge(latent, problem.task, solution.problem.simulator).score,
        "reference_score": judge(latent, problem.task, chosen.reference).score,
        "charged_steps": solution.charged_steps,
        "seconds": solution.seconds,
        "reason": solution.reason,
        "latent": np.asarray(solution.latent).tolist(),
    }


def median_cost(runs: list[dict[str, Any]], score: str, key: str) -> str:
    """Median over the runs that reached a score, and how many did."""
    costs = [r["reached"][score][key] for r in runs if r["reached"][score] is not None]
    return f"{np.median(costs):,.0f} ({len(costs)}/{len(runs)})" if costs else "never"


def main() -> None:
    given = arguments(__doc__, *OPTIONS)
    task = load_task("contain-lite" if given.quick else given.task)
    names = ["adam", "cem"] if given.quick else given.optimizers.split(",")
    results: dict[str, Any] = {"task": task.name, "runs": {}}
    for kind in map(Kind, given.simulators.split(",")):
        chosen = choose(kind, given.model, task)
        problem = chosen.problem(task)
        share = (10 if given.quick else given.gradients) / DEFAULT_ITERATIONS
        budget = share * default_budget(problem)
        effort = Effort(budget=budget, learning_rate=given.learning_rate)
        seeds = given.first_seed + np.arange(1 if given.quick else given.seeds)
        runs = [
            run(name, problem, chosen, seed, effort) for seed in seeds.tolist() for name in names
        ]
        results["runs"][kind.value] = runs
        results[f"budget_{kind.value}"] = budget
        rows = []
        for name in names:
            mine = [r for r in runs if r["optimizer"] == name]
            rows.append(
                {
                    "optimizer": name,
                    **{f"{s} (steps)": median_cost(mine, str(s), "charged_steps") for s in SCORES},
                    "0.7 (s)": median_cost(mine, "0.7", "seconds"),
                    "unseen": float(np.median([r["score"] for r in mine])),
                    "reference": float(np.median([r["reference_score"] for r in mine])),
                }
            )
        show(f"{task.name}, {kind.value}: charged steps to a score (runs that got there)", rows)
    publish(__file__, given, results)


if __name__ == "__main__":
    main()
