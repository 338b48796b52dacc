"""Does a score under the learned simulator hold in the reference solver? Per task.

For every champion that `optimizers.py` found through the learned simulator, and designs near it,
the score on the task's unseen conditions under both. Reported are the mean gap, the ratio of the
reference score to the learned one, and the rank correlation: whether the learned simulator at least
puts designs in the right order. Champions that gain more under the model than their neighbours do
would be exploits.

    python -m benchmarks.studies.transfer --tasks contain,ramp,maze
"""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from scipy.stats import spearmanr

from benchmarks._common import RESULTS, Kind, arguments, publish, resolved, show
from invdesign import judge
from invdesign.io._reading import read_json
from invdesign.reference import Simulated
from invdesign.studies import Resolved
from invdesign.studies._identity import task_digest
from invdesign.studies._registry import load_task

OPTIONS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("--tasks", {"default": "contain,ramp,maze"}),
    ("--model", {"default": "water2d", "help": "a pretrained model, or a weights file"}),
    ("--nearby", {"type": int, "default": 1, "help": "designs near each champion"}),
    ("--spread", {"type": float, "default": 0.1, "help": "of these, in latent units"}),
)
_SURE = 0.2  # learned scores below it say little as denominators


def designs(name: str, chosen: Resolved) -> list[dict[str, Any]]:
    """The champions found through the learned simulator on the task as it is now."""
    runs = read_json(RESULTS / f"optimizers-{name}-{Kind.LEARNED.value}.json")["results"]["runs"]
    mark = {
        "task_digest": task_digest(load_task(name)),
        "weights_sha256": chosen.settings["weights_sha256"],
    }
    mine = [run for run in runs if all(run[key] == value for key, value in mark.items())]
    if not mine:
        raise SystemExit(f"{name}: run `optimizers.py --task {name}` with this model first.")
    return mine


def measure(name: str, given: Any) -> list[dict[str, Any]]:
    """A row for every design of a task."""
    task = load_task(name)
    chosen = resolved(name, Kind.LEARNED, given.model)
    rows = []
    for run in designs(name, chosen)[: 2 if given.quick else None]:
        about = {"task": name, "optimizer": run["optimizer"], "seed": run["seed"]}
        scores = {"learned": run["score"], "reference": run["reference_score"]}
        rows.append({**about, "design": "champion", **scores})
        for index in range(given.nearby):
            key = jax.random.fold_in(jax.random.key(run["seed"]), index)
            latent = jnp.asarray(run["latent"], jnp.float32)
            latent = latent + given.spread * jax.random.normal(key, latent.shape)
            scores = {
                "learned": judge(latent, task, Simulated(chosen.simulator)).score,
                "reference": judge(latent, task, chosen.reference).score,
            }
            rows.append({**about, "design": "nearby", **scores})
    return rows


def summary(rows: list[dict[str, Any]]) -> dict[str, Any]:
    """Of some designs: gap, ratio and rank correlation."""
    learned, reference = np.asarray([[r["learned"], r["reference"]] for r in rows], float).T
    sure = learned > _SURE
    ratios = reference[sure] / learned[sure]
    spread = np.ptp(learned) > 0 and np.ptp(reference) > 0
    return {
        "designs": len(rows),
        "learned": float(np.median(learned)),
        "reference": float(np.median(reference)),
        "mean gap": float(np.abs(learned - reference).mean()),
        "ratio, median": float(np.median(ratios)) if sure.any() else None,
        "ratio, lowest": float(ratios.min()) if sure.any() else None,
        "rank correlation": float(spearmanr(learned, reference).statistic) if spread else None,
    }


def main() -> None:
    given = arguments(__doc__, *OPTIONS, cached=True)
    rows = [row for name in given.tasks.split(",") for row in measure(name, given)]
    table = []
    for name in given.tasks.split(","):
        mine = [r for r in rows if r["task"] == name]
        groups = {
            "all champions": [r for r in mine if r["design"] == "champion"],
            "Adam's champions": [
                r for r in mine if r["design"] == "champion" and r["optimizer"] == "adam"
            ],
            "designs nearby": [r for r in mine if r["design"] == "nearby"],
        }
        table += [
            {"task": name, "designs of": group, **summary(found)}
            for group, found in groups.items()
            if found
        ]
    show("Learned against reference score, unseen conditions", table)
    publish(__file__, given, {"summary": table, "designs": rows})


if __name__ == "__main__":
    main()
