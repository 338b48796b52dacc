"""Whether what optimizers found holds: at half the spacing, and with its numbers a little off.

Reads the designs that `optimizers.py` found on a task. Each is scored on the unseen conditions in
the reference solver at twice its resolution, and in the usual one with every number moved by a
normal error of `--off` of the space's unit (radians for joints and blades): what an optimum
owes to the solver's cells or to its narrowness does not survive these. Designs that miss a
constraint are left out, and moved ones may miss some. It goes on where it stopped.

`--further` takes each of them on before, through the finer solver, or through the usual one what
was found through a model: repaired CMA-ES of a narrow width from the champion, on that share of the
number of simulations of a search through the solver. `--errors` searches from the same starts for
designs that stand such errors, drawn apart from those that judge, as `invdesign run --errors` does:
with as many evaluations, each of twice as many simulations; and scores these.

    python -m benchmarks.studies.champions --task contain --optimizers local-cmaes
    python -m benchmarks.studies.champions --task maze --optimizers raced-cmaes --further 0.25
    python -m benchmarks.studies.champions --task maze --optimizers raced-cmaes --further 0.25 \
        --simulator learned
    python -m benchmarks.studies.champions --task ramp --optimizers local-cmaes --errors 0.02
"""

from collections.abc import Mapping
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from benchmarks._common import RESULTS, Kind, arguments, plain, publish, show
from invdesign import Task, judge, judge_finer, judge_with_errors, solve
from invdesign._types import Latent
from invdesign.io._reading import read_json
from invdesign.reference import AbstractReference
from invdesign.studies import RunConfig, resolve
from invdesign.studies._finer import FINER
from invdesign.studies._identity import task_digest
from invdesign.studies._optimizers import Effort, contestant, default_budget
from invdesign.studies._registry import load_task
from invdesign.studies._resolve import reference_for

OPTIONS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("--task", {"default": "contain"}),
    ("--simulator", {"default": "reference", "help": "that was searched through, or learned"}),
    ("--optimizers", {"default": "local-cmaes"}),
    ("--seeds", {"default": "", "help": "of the runs, between commas; all by default"}),
    ("--off", {"type": float, "default": 0.02, "help": "standard deviation of the errors"}),
    ("--draws", {"type": int, "default": 5, "help": "designs beside each"}),
    ("--further", {"type": float, "default": 0.0, "help": "share of the usual simulations"}),
    ("--errors", {"type": float, "default": 0.0, "help": "of a search anew"}),
)
_NARROW = 0.1  # first standard deviation of what goes on, in latent units
_PLAIN = {"further": 0.0, "errors": 0.0}  # of champions as they are


def further(task: Task, run: dict[str, Any], share: float) -> Latent:
    """Where a search from a run's champion ends, through what is one better than the run's."""
    finer = FINER if run["through"] == Kind.REFERENCE.value else 1
    problem = resolve(RunConfig(task=task.name, simulator="reference", resolution=finer)).problem
    budget = share * default_budget(problem)
    optimizer = contestant("raced-cmaes", problem, Effort(budget=budget, std=_NARROW)).optimizer
    key, initial = jax.random.key(run["seed"]), jnp.asarray(run["latent"], jnp.float32)
    return jnp.asarray(solve(problem, optimizer, key=key, budget=budget, initial=initial).latent)


def steady(task: Task, run: dict[str, Any], std: float) -> Latent:
    """Where the search of a run ends if it is for designs that stand errors."""
    resolved = resolve(
        RunConfig(task=task.name, simulator="reference", errors=std, seed=run["seed"])
    )
    effort = Effort(budget=default_budget(resolved.problem))
    solution = solve(
        resolved.problem,
        contestant(run["optimizer"], resolved.problem, effort).optimizer,
        key=jax.random.key(run["seed"]),
        budget=effort.budget,
        initial=resolved.start,
    )
    return jnp.asarray(solution.latent)


def measure(
    task: Task,
    reference: AbstractReference,
    run: dict[str, Any],
    off: float,
    draws: int,
    change: Mapping[str, float],
) -> dict[str, Any]:
    """A row: a champion, or what it became, under the usual solver, a finer one, and beside it.

    **Arguments:** `change`: `further` or `errors` of the command, if any.
    """
    latent = jnp.asarray(run["latent"], jnp.float32)
    for name, search in {"further": further, "errors": steady}.items():
        latent = search(task, run, change[name]) if name in change else latent
    moved = judge_with_errors(latent, task, reference, std=off, draws=draws, key=jax.random.key(0))
    return {
        "optimizer": run["optimizer"],
        "seed": run["seed"],
        "score": judge(latent, task, reference).score,
        "fine_score": judge_finer(latent, task, reference).score,
        "moved_scores": moved.scores.reshape(-1, draws).mean(axis=0).tolist(),
        "weights_sha256": run.get("weights_sha256"),
        **change,
        **({"latent": latent.tolist()} if change else {}),
    }


def main() -> None:
    given = arguments(__doc__, *OPTIONS)
    task, kind = load_task("contain-lite" if given.quick else given.task), Kind(given.simulator)
    stem = f"{task.name}-{kind.value}"
    out = given.out = given.out or RESULTS / f"champions-{stem}.json"
    change = {name: getattr(given, name) for name in _PLAIN if getattr(given, name)}
    if len(change) > 1:
        raise SystemExit("`--further` and `--errors` are measured one at a time.")
    names, digest = given.optimizers.split(","), task_digest(task)
    found = read_json(RESULTS / f"optimizers-{stem}.json")["results"]["runs"]
    found = [run for run in found if run["task_digest"] == digest and run["fits"]]
    found = [run for run in found if run["optimizer"] in names][: 1 if given.quick else None]
    seeds = {int(seed) for seed in given.seeds.split(",") if seed}
    found = [run for run in found if not seeds or run["seed"] in seeds]
    reference, draws = reference_for(task), 1 if given.quick else given.draws
    earlier = read_json(out)["results"] if out.exists() else {}
    same = earlier.get("task_digest") == digest and earlier.get("off") == given.off
    rows: list[dict[str, Any]] = earlier["runs"] if same else []
    for run in found:
        mark = {key: run.get(key) for key in ("optimizer", "seed", "weights_sha256")}
        mark |= {"further": given.further, "errors": given.errors}
        if not any(mark.items() <= {**_PLAIN, **plain(row)}.items() for row in rows):
            rows.append(measure(task, reference, run, given.off, draws, change))
            results = {"task": task.name, "task_digest": digest, "off": given.off, "runs": rows}
            publish(__file__, given, results)
    shown = [
        {**_PLAIN, **plain(row), "moved_scores": float(np.mean(row["moved_scores"]))}
        for row in rows
    ]
    show(f"{task.name}: numbers off by {given.off:g}", shown)


if __name__ == "__main__":
    main()
