"""Learned against reference score of the designs that `optimizers.py` found.

Every champion is judged again on the task's unseen conditions under the learned simulator and in
the reference solver. Reported are both scores, their gap, and the rank correlation: whether the
learned simulator at least puts designs in the right order.

    python benchmarks/transfer.py
"""

from pathlib import Path

import jax.numpy as jnp
import numpy as np
from _common import RESULTS, arguments, publish, show
from scipy.stats import spearmanr

from invdesign import verify
from invdesign.cli._simulators import Kind, choose
from invdesign.io import read_json
from invdesign.studies import load_task


def main() -> None:
    given = arguments(
        __doc__,
        ("--designs", {"type": Path, "default": RESULTS / "optimizers.json"}),
        ("--model", {"default": "water2d", "help": "a pretrained model, or a weights file"}),
    )
    found = read_json(given.designs)["results"]
    task = load_task(found["task"])
    chosen = choose(Kind.LEARNED, given.model, task)
    rows = []
    for through, runs in found["runs"].items():
        for run in runs[:2] if given.quick else runs:
            verdict = verify(
                jnp.asarray(run["latent"]), task, chosen.reference, simulator=chosen.simulator
            )
            rows.append(
                {
                    "optimizer": run["optimizer"],
                    "seed": run["seed"],
                    "found through": through,
                    "learned": verdict.score,
                    "reference": verdict.reference_score_mean,
                    "gap": verdict.gap,
                }
            )
    scores = np.asarray([[row["learned"], row["reference"]] for row in rows], float)
    ranks = float(spearmanr(*scores.T).statistic) if np.ptp(scores, axis=0).all() else None
    gap = float(np.abs(scores[:, 0] - scores[:, 1]).mean())
    said = "undefined" if ranks is None else f"{ranks:.2f}"
    show(f"{task.name}, unseen conditions: rank correlation {said}, mean gap {gap:.2f}", rows)
    summary = {"rank_correlation": ranks, "mean_absolute_gap": gap}
    publish(__file__, given, {"task": task.name, **summary, "designs": rows})


if __name__ == "__main__":
    main()
