"""Whether what optimizers found holds: at half the spacing, and with its numbers a little off.

Reads the designs that `optimizers.py` found on a task. Each is scored on the unseen conditions in
the reference solver at twice its resolution, and in the usual one with every number moved by a
normal error of `--off` of the space's unit (radians for joints and blades): what an optimum
owes to the solver's cells or to its narrowness does not survive these. Designs that miss a
constraint are left out, and moved ones may miss some. It goes on where it stopped.

    python -m benchmarks.studies.champions --task contain --optimizers local-cmaes
"""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from benchmarks._common import RESULTS, Kind, arguments, plain, publish, show
from invdesign import Task, judge, judge_finer, judge_with_errors
from invdesign.io._reading import read_json
from invdesign.reference import AbstractReference
from invdesign.studies._identity import task_digest
from invdesign.studies._registry import load_task
from invdesign.studies._resolve import reference_for

OPTIONS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("--task", {"default": "contain"}),
    ("--simulator", {"default": "reference", "help": "that was searched through, or learned"}),
    ("--optimizers", {"default": "local-cmaes"}),
    ("--off", {"type": float, "default": 0.02, "help": "standard deviation of the errors"}),
    ("--draws", {"type": int, "default": 5, "help": "designs beside each"}),
)


def measure(
    task: Task, reference: AbstractReference, run: dict[str, Any], off: float, draws: int
) -> dict[str, Any]:
    """A row: a champion under the usual solver, a finer one, and beside its place."""
    latent = jnp.asarray(run["latent"], jnp.float32)
    moved = judge_with_errors(latent, task, reference, std=off, draws=draws, key=jax.random.key(0))
    return {
        "optimizer": run["optimizer"],
        "seed": run["seed"],
        "score": judge(latent, task, reference).score,
        "fine_score": judge_finer(latent, task, reference).score,
        "moved_scores": moved.scores.reshape(-1, draws).mean(axis=0),
        "weights_sha256": run.get("weights_sha256"),
    }


def main() -> None:
    given = arguments(__doc__, *OPTIONS)
    task, kind = load_task("contain-lite" if given.quick else given.task), Kind(given.simulator)
    stem = f"{task.name}-{kind.value}"
    out = given.out = given.out or RESULTS / f"champions-{stem}.json"
    names, digest = given.optimizers.split(","), task_digest(task)
    found = read_json(RESULTS / f"optimizers-{stem}.json")["results"]["runs"]
    found = [run for run in found if run["task_digest"] == digest and run["fits"]]
    found = [run for run in found if run["optimizer"] in names][: 1 if given.quick else None]
    reference, draws = reference_for(task), 1 if given.quick else given.draws
    earlier = read_json(out)["results"] if out.exists() else {}
    same = earlier.get("task_digest") == digest and earlier.get("off") == given.off
    rows: list[dict[str, Any]] = earlier["runs"] if same else []
    for run in found:
        mark = {key: run.get(key) for key in ("optimizer", "seed", "weights_sha256")}
        if not any(mark.items() <= plain(row).items() for row in rows):
            rows.append(measure(task, reference, run, given.off, draws))
            results = {"task": task.name, "task_digest": digest, "off": given.off, "runs": rows}
            publish(__file__, given, results)
    shown = [{**row, "moved_scores": float(np.mean(row["moved_scores"]))} for row in rows]
    show(f"{task.name}: numbers off by {given.off:g}", shown)


if __name__ == "__main__":
    main()
