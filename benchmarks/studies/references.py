"""How the optimizers fared on the tasks: files, figures and tables; and what they found.

Reads what `optimizers.py` has found (`results/optimizers-<task>-<simulator>.json`). Writes the rows
`[[found]]` of the task folder's `reference.toml`, and `docs/images/<task>-optimizers.png`; prints
the table of the task card.

    python -m benchmarks.studies.references contain ramp maze
    python -m benchmarks.studies.references contain contain-48 --designs 3

`--designs` scores the best designs of that many methods in the solver once more, at twice its
resolution, too, and enters them into the leaderboard.
"""

import argparse
from pathlib import Path
from typing import Any

import jax.numpy as jnp
import numpy as np

from benchmarks._common import RESULTS
from benchmarks.studies.optimizers import PACEMAKERS, summary
from invdesign.io._reading import read_json
from invdesign.studies._identity import task_digest
from invdesign.studies._published import enter, published, write_reference
from invdesign.studies._registry import find_task, load_task
from invdesign.studies._resolve import reference_for
from invdesign.viz import save_figure
from invdesign.viz._curves_of_runs import Curve
from invdesign.viz._efforts import efforts_figure

ROOT = Path(__file__).resolve().parents[2]
FIRST = ("coupled-adam", "cmaes", "cem", "adam")  # of the same looks in all figures
SIMULATORS = {"learned": "through `water2d`", "reference": "through the MPM"}
MODEL = "water2d"
_HEAD = """\
# The rows `found` are written by `python -m benchmarks.studies.references`, the designs by its
# `--designs` and by `invdesign submit`. Scores are means over the unseen conditions in the
# reference solver; costs are charged simulator steps.
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


def found_rows(runs: dict[str, list[dict[str, Any]]]) -> list[dict[str, Any]]:
    """How each optimizer fared: the rows of a task's `reference.toml`."""
    rows = []
    for simulator, mine in runs.items():
        for row in summary(mine):
            ends = [r["reference_score"] for r in mine if r["optimizer"] == row["optimizer"]]
            rows.append(
                {
                    "optimizer": row["optimizer"],
                    "through": simulator,
                    "score_median": round(float(np.median(ends)), 4),
                    "score_min": round(min(ends), 4),
                    "score_max": round(max(ends), 4),
                    "seeds": len(ends),
                    "charged_steps": round(mine[0]["budget"]),
                    "seconds": round(row["seconds"]),
                }
            )
    return rows


def enter_best(name: str, runs: dict[str, list[dict[str, Any]]], number: int) -> None:
    """Enter the best designs of some methods into the leaderboard, best method first."""
    task = load_task(name)
    best: dict[tuple[str, str], dict[str, Any]] = {}
    for run in sorted((r for rs in runs.values() for r in rs), key=lambda r: r["reference_score"]):
        best[run["optimizer"], run["through"]] = run
    ranked = sorted(best.values(), key=lambda run: -run["reference_score"])
    for run in ranked[:number]:
        design = task.space.decode(jnp.asarray(run["latent"], jnp.float32))
        entry = published(
            task,
            design.parameters,
            reference_for(task),
            by="invdesign",
            optimizer=run["optimizer"],
            through=run["through"],
            model=MODEL if run["through"] == "learned" else None,
            seed=run["seed"],
            charged_steps=run["charged_steps"],
        )
        better = enter(find_task(name).sources.path.with_name("reference.toml"), entry)
        print(f"{name}: {entry.method}, {entry.score:.4f}{', no better' if better else ''}")


def card_table(runs: dict[str, list[dict[str, Any]]]) -> str:
    """Median and range in the solver, and the share of the budget pacemakers need, as Markdown."""
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
            there = "" if name in PACEMAKERS else "; ".join(["", *_shares(row)])
            cells.append(
                f"{np.median(ends):.2f} ({min(ends):.2f} to {max(ends):.2f}), "
                f"{row['seconds']:.0f} s{there}"
            )
        lines.append("| " + " | ".join([name, *cells]) + " |")
    return "\n".join(lines)


def _shares(row: dict[str, Any]) -> list[str]:
    """After which share of the budget each pacemaker is where a row ends."""
    said = []
    for name in PACEMAKERS:
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
                np.zeros((0, 3)),
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
    parser.add_argument("--designs", type=int, default=0, metavar="N", help="methods, as above")
    given = parser.parse_args()
    for task in given.tasks:
        runs = found(task)
        if not runs:
            print(f"{task}: no results of `optimizers.py` for the task as it is now.")
            continue
        family = ROOT / "tasks" / task
        if family.is_dir():
            write_reference(family / "reference.toml", found=found_rows(runs), head=_HEAD)
        enter_best(task, runs, given.designs)
        print(f"{task}: {draw(task, runs)}\n\n{card_table(runs)}\n")


if __name__ == "__main__":
    main()
