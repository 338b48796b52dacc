"""The best known designs of the tasks, and how the optimizers fared: files, figures and tables.

Reads what `optimizers.py` has found (`results/optimizers-<task>-<simulator>.json`); simulates
nothing. Writes `tasks/<task>/reference.toml`, which `invdesign tasks` and the tests read, and
`docs/images/<task>-optimizers.png`; prints the table of the task card.

    python -m benchmarks.studies.references contain ramp maze
"""

import argparse
import dataclasses
import json
from pathlib import Path
from typing import Any

import jax.numpy as jnp
import numpy as np

from benchmarks._common import RESULTS
from benchmarks.studies.optimizers import DESCENTS, summary
from invdesign.io._atomic import write_text
from invdesign.io._reading import read_json
from invdesign.studies import best_known, load_task
from invdesign.studies._best_known import BestKnown
from invdesign.studies._identity import task_digest
from invdesign.viz import save_figure
from invdesign.viz._curves_of_runs import Curve
from invdesign.viz._efforts import efforts_figure

ROOT = Path(__file__).resolve().parents[2]
FIRST = ("coupled-adam", "cmaes", "cem", "adam")  # of the same looks in all figures
SIMULATORS = {"learned": "through `water2d`", "reference": "through the MPM"}
_HEAD = """\
# Written by `python -m benchmarks.studies.references`. Scores are means over the unseen conditions
# in the reference solver; costs are charged simulator steps.
"""


def found(task: str) -> dict[str, list[dict[str, Any]]]:
    """Runs on the task as it is now, by what they went through."""
    digest, runs = task_digest(load_task(task)), {}
    for simulator in SIMULATORS:
        path = RESULTS / f"optimizers-{task}-{simulator}.json"
        known = read_json(path)["results"]["runs"] if path.exists() else []
        mine = [run for run in known if run["task_digest"] == digest]
        if mine:
            runs[simulator] = sorted(mine, key=_rank)
    return runs


def _rank(run: dict[str, Any]) -> int:
    name = run["optimizer"]
    return FIRST.index(name) if name in FIRST else len(FIRST)


def reference_text(task: str, runs: dict[str, list[dict[str, Any]]]) -> str:
    """The content of a task's `reference.toml`."""
    best = dataclasses.asdict(_best(task, runs))
    lines = ["[best]", *(f"{key} = {json.dumps(value)}" for key, value in best.items())]
    for simulator, mine in runs.items():
        for row in summary(mine):
            ends = [r["reference_score"] for r in mine if r["optimizer"] == row["optimizer"]]
            lines += [
                "",
                "[[found]]",
                f"optimizer = {json.dumps(row['optimizer'])}",
                f"through = {json.dumps(simulator)}",
                f"score_median = {np.median(ends):.4f}",
                f"score_min = {min(ends):.4f}",
                f"score_max = {max(ends):.4f}",
                f"seeds = {len(ends)}",
                f"charged_steps = {mine[0]['budget']:.0f}",
                f"seconds = {row['seconds']:.0f}",
            ]
    return _HEAD + "\n" + "\n".join(lines) + "\n"


def _best(task: str, runs: dict[str, list[dict[str, Any]]]) -> BestKnown:
    """The best of the runs, unless what the file has already is better: runs come and go."""
    best = max((r for rs in runs.values() for r in rs), key=lambda run: run["reference_score"])
    design = load_task(task).space.decode(jnp.asarray(best["latent"], jnp.float32))
    found = BestKnown(
        task=task,
        parameters=tuple(np.asarray(design.parameters, np.float64).round(6).tolist()),
        score=round(best["reference_score"], 4),
        optimizer=best["optimizer"],
        through=best["through"],
        seed=best["seed"],
    )
    known = best_known(task)
    return found if known is None or found.score > known.score else known


def card_table(runs: dict[str, list[dict[str, Any]]]) -> str:
    """Median and range in the solver, and the share of the budget a descent needs, as Markdown."""
    rows = {
        simulator: {r["optimizer"]: r for r in summary(mine)} for simulator, mine in runs.items()
    }
    names = list(dict.fromkeys(name for known in rows.values() for name in known))
    head = ["", *(SIMULATORS[simulator] for simulator in rows)]
    lines = ["| " + " | ".join(head) + " |", "|---" * len(head) + "|"]
    for name in names:
        cells = []
        for simulator, known in rows.items():
            if name not in known:
                cells.append("")
                continue
            row = known[name]
            ends = [r["reference_score"] for r in runs[simulator] if r["optimizer"] == name]
            there = "" if name in DESCENTS else "; ".join(["", *_shares(row)])
            cells.append(
                f"{np.median(ends):.2f} ({min(ends):.2f} to {max(ends):.2f}), "
                f"{row['seconds']:.0f} s{there}"
            )
        lines.append("| " + " | ".join([name, *cells]) + " |")
    return "\n".join(lines)


def _shares(row: dict[str, Any]) -> list[str]:
    """After which share of the budget each descent is where a row ends."""
    said = []
    for name in DESCENTS:
        share = row.get(f"{name} is there after")
        if share is not None:
            there = f"is there after 1/{1 / share:.1f} of the budget"
            said.append(f"{name} {there if np.isfinite(share) else 'does not get there'}")
    return said


def draw(task: str, runs: dict[str, list[dict[str, Any]]]) -> Path:
    """The curves of all optimizers."""
    panels = {
        SIMULATORS[simulator].replace("`", ""): [
            Curve(
                run["optimizer"],
                np.asarray(run["history"]["charged_steps"]),
                np.asarray(run["history"]["seconds"]),
                np.asarray(run["history"]["score"]),
                np.full(len(run["history"]["score"]), np.nan),
            )
            for run in mine
        ]
        for simulator, mine in runs.items()
    }
    figure = efforts_figure(
        panels,
        title=f"{task}: optimizers on equal budgets",
        subtitle="champion on the conditions optimised on; medians and quartiles of seeds",
    )
    return save_figure(ROOT / "docs" / "images" / f"{task}-optimizers.png", figure)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("tasks", nargs="+", metavar="TASK")
    for task in parser.parse_args().tasks:
        runs = found(task)
        if not runs:
            print(f"{task}: no results of `optimizers.py` for the task as it is now.")
            continue
        family = ROOT / "tasks" / task
        if family.is_dir():
            write_text(family / "reference.toml", reference_text(task, runs))
        print(f"{task}: {draw(task, runs)}\n\n{card_table(runs)}\n")


if __name__ == "__main__":
    main()
