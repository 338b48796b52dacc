"""Optimizers on equal budgets: what they reach, and at what cost, on a task.

Each optimizer runs from the same starts on the same charged budget, through the learned
simulator or through the reference solver, at the settings of the command line, which `tuning.py`
chose on other starts. The history is the champion's score on the conditions
optimized on, under the simulator descended through, against charged simulator steps and seconds;
the scores of the final champion on unseen conditions, there and in the reference solver, stand
beside it, 0 for one that misses a constraint of the task. Each run is on disk when it ends: the
same command goes on where it stopped, and further optimizers and seeds are added; runs of another
task, model or budget are dropped, and those of the optimizers asked for at another setting.
`transfer.py` and `references.py` read the results.

    python -m benchmarks.studies.optimizers --task maze --optimizers coupled-adam,cem --seeds 5
"""

import dataclasses
from typing import Any

import jax
import numpy as np

from benchmarks._common import (
    RESULTS,
    Kind,
    arguments,
    machine,
    plain,
    publish,
    resolved,
    show,
    versions,
)
from invdesign import Problem, judge, solve
from invdesign.io._reading import read_json
from invdesign.reference import Simulated
from invdesign.studies import Resolved, seeded_start
from invdesign.studies._identity import task_digest
from invdesign.studies._optimizers import DEFAULT_ITERATIONS, Effort, contestant, default_budget
from invdesign.studies._registry import load_task

OPTIONS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("--task", {"default": "contain"}),
    ("--model", {"default": "water2d", "help": "a pretrained model, or a weights file"}),
    ("--optimizers", {"default": "adam,coupled-adam,cem,cmaes"}),
    ("--simulator", {"default": "learned", "help": "or reference"}),
    ("--seeds", {"type": int, "default": 3}),
    ("--first-seed", {"type": int, "default": 20, "help": "settings were tuned on lower ones"}),
    ("--gradients", {"type": float, "default": 40.0, "help": "the budget, in gradients"}),
    ("--learning-rate", {"type": float, "help": "each method's own by default"}),
)
# Whose pace is compared with where the others end: descents, and the defaults of tools.
PACEMAKERS = ("adam", "smoothed-adam", "coupled-adam", "local-cmaes", "raced-cmaes")
_COLUMNS = ("score", "charged_steps", "seconds")


def run(
    name: str, problem: Problem, chosen: Resolved, seed: int, effort: Effort, found: dict[str, Any]
) -> dict[str, Any]:
    """One optimizer from one start; `found` says what tells the run from others."""
    optimizer = contestant(name, problem, effort).optimizer
    solution = solve(
        problem,
        optimizer,
        key=jax.random.key(seed),
        budget=effort.budget,
        initial=seeded_start(problem.task.space, seed),
    )
    latent, fits = jax.numpy.asarray(solution.latent), not solution.violations
    simulated = Simulated(solution.problem.simulator)
    return {
        **found,
        "history": {key: np.asarray(solution.history[key]).tolist() for key in _COLUMNS},
        "score_training": float(solution.score),
        "fits": fits,
        "score": judge(latent, problem.task, simulated).score if fits else 0.0,
        "reference_score": judge(latent, problem.task, chosen.solver).score if fits else 0.0,
        "charged_steps": solution.charged_steps,
        "seconds": solution.seconds,
        "machine": f"{machine()['cpu']}, {machine()['device']}, jax {versions()['jax']}",
        "reason": solution.reason,
        "latent": np.asarray(solution.latent).tolist(),
    }


def cost_to_reach(run: dict[str, Any], score: float, key: str = "charged_steps") -> float:
    """What it cost until the champion had a score for the first time; infinite if it never did."""
    above = np.flatnonzero(np.asarray(run["history"]["score"]) >= score)
    return float(run["history"][key][above[0]]) if len(above) else float("inf")


def summary(runs: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """A row an optimizer: final scores, and what each pacemaker pays to reach their median.

    `adam is there after` is the median over Adam's runs of the share of the budget after which
    their score is at least the row's median final score, both on the conditions optimized on; the
    same for the other pacemakers.
    """
    rows = []
    pacemakers = {name: [r for r in runs if r["optimizer"] == name] for name in PACEMAKERS}
    for name in dict.fromkeys(r["optimizer"] for r in runs):
        mine = [r for r in runs if r["optimizer"] == name]
        final = float(np.median([r["score_training"] for r in mine]))
        row: dict[str, Any] = {"optimizer": name, "seeds": len(mine), "training": final}
        row["setting"] = mine[0]["setting"]
        for key in ("score", "reference_score"):
            ends = [r[key] for r in mine]
            row |= {key: float(np.median(ends)), f"{key} range": f"{min(ends):.2f}-{max(ends):.2f}"}
        row["seconds"] = float(np.median([r["seconds"] for r in mine]))
        for pacemaker, theirs in pacemakers.items():
            if theirs:
                costs = [cost_to_reach(r, final) / r["budget"] for r in theirs]
                row[f"{pacemaker} is there after"] = float(np.median(costs))
        rows.append(row)
    return rows


def main() -> None:
    given = arguments(__doc__, *OPTIONS)
    task, kind = load_task("contain-lite" if given.quick else given.task), Kind(given.simulator)
    given.out = given.out or RESULTS / f"optimizers-{task.name}-{kind.value}.json"
    names = ["adam", "cem"] if given.quick else given.optimizers.split(",")
    chosen = resolved(task.name, kind, given.model)
    problem = chosen.problem
    budget = (10 if given.quick else given.gradients) / DEFAULT_ITERATIONS * default_budget(problem)
    effort = Effort(budget=budget, learning_rate=given.learning_rate)
    mark = {
        "through": kind.value,
        "weights_sha256": chosen.settings["weights_sha256"],
        "task_digest": task_digest(task),
        "budget": budget,
    }
    earlier = read_json(given.out)["results"]["runs"] if given.out.exists() else []

    def setting(name: str) -> str:
        return settings_of(contestant(name, problem, effort).optimizer)

    runs = [r for r in earlier if mark.items() <= plain(r).items()]
    runs = [
        r for r in runs if r["optimizer"] not in names or r["setting"] == setting(r["optimizer"])
    ]
    for seed in range(given.first_seed, given.first_seed + (1 if given.quick else given.seeds)):
        for name in names:
            found = {"optimizer": name, "seed": seed, "setting": setting(name), **mark}
            if not any(found.items() <= plain(r).items() for r in runs):
                runs.append(run(name, problem, chosen, seed, effort, found))
                publish(
                    __file__, given, {"task": task.name, "summary": summary(runs), "runs": runs}
                )
    shown = [{k: v for k, v in row.items() if k != "setting"} for row in summary(runs)]
    show(f"{task.name}, {kind.value}: {budget:g} charged steps a run", shown)


def settings_of(optimizer: Any) -> str:
    """All settings of an optimizer, one in another too, as text."""
    parts = []
    for field in dataclasses.fields(optimizer):
        value = getattr(optimizer, field.name)
        if dataclasses.is_dataclass(value):
            value = f"({settings_of(value)})"
        elif np.ndim(value) == 0 and np.asarray(value).dtype.kind in "if":
            value = f"{float(value):.4g}"
        elif not isinstance(value, int | str | None):
            continue
        parts.append(f"{field.name} {value}")
    return ", ".join(parts)


if __name__ == "__main__":
    main()
