"""What each optimizer reached on equal budgets."""

import math
from collections.abc import Mapping
from typing import Any

from benchmarks.studies.optimizers import summary as summary_of
from invdesign.studies._optimizers import default_optimizer
from invdesign.studies._registry import load_task

from ._parts import RESULTS, load, section, source, table, version

_FIRST_DEFAULT = "coupled-adam"  # of the first version of the water tasks


def _range(row: Mapping[str, Any], key: str) -> str:
    low, high = row[f"{key} range"].split("-")
    return f"{row[key]:.2f} ({low} to {high})"


def _pace(row: Mapping[str, Any], pacemaker: str | None) -> dict[str, str]:
    """After which share of its budget another optimizer is where a row ends; a column at most."""
    if pacemaker is None:
        return {}
    after = row[f"{pacemaker} is there after"]
    said = f"{after:.2g}" if math.isfinite(after) else "never"
    own = row["optimizer"] == pacemaker
    return {f"share of its budget after which `{pacemaker}` is there": "" if own else said}


def optimizers(name: str) -> str:
    """What each optimizer reached on one task on equal budgets, from a file's name."""
    task, through = name.split("optimizers-")[1].rsplit("-", 1)
    rows, summary = [], summary_of(load(name)["results"]["runs"])
    learned = through == "learned"
    known = {row["optimizer"] for row in summary}
    default = _FIRST_DEFAULT if version(name) else default_optimizer(load_task(task))
    pacemaker = default if default in known else None
    for row in sorted(summary, key=lambda row: -row["reference_score"]):
        rows.append(
            {
                "optimizer": f"`{row['optimizer']}`",
                "starts": row["seeds"],
                "score in the solver": _range(row, "reference_score"),
                **({"under the model": _range(row, "score")} if learned else {}),
                **_pace(row, pacemaker),
                "seconds": round(row["seconds"]),
            }
        )
    where = "the learned model `water2d`" if learned else "the solver"
    budget = max(run["budget"] for run in load(name)["results"]["runs"])
    said = f"`{task}`{version(name)} through {where}, a budget of {budget:,.0f} charged steps:"
    return "\n\n".join([said, table(rows), source(name)])


def all_optimizers() -> str:
    """Every stored comparison."""
    found = [
        optimizers(str(path.relative_to(RESULTS).with_suffix("")))
        for folder in (RESULTS, RESULTS / "first-version")
        for path in sorted(folder.glob("optimizers-*.json"))
    ]
    command = "`python -m benchmarks.studies.optimizers --task TASK [--simulator reference]`"
    return section(
        "Optimizers on equal budgets",
        f"From starts that no setting was tuned on: {command}.",
        *found,
    )
