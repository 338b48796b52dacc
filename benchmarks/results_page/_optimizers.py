"""What each optimizer reached on equal budgets."""

from collections.abc import Mapping
from typing import Any

from ._parts import RESULTS, load, section, source, table, version


def _range(row: Mapping[str, Any], key: str) -> str:
    low, high = row[f"{key} range"].split("-")
    return f"{row[key]:.2f} ({low} to {high})"


def optimizers(name: str) -> str:
    """What each optimizer reached on one task on equal budgets, from a file's name."""
    task, through = name.split("optimizers-")[1].rsplit("-", 1)
    summary = load(name)["results"]["summary"]
    learned = through == "learned"
    rows = []
    descended = any(row["optimizer"] == "coupled-adam" for row in summary)
    for row in sorted(summary, key=lambda row: -row["reference_score"]):
        after = row.get("coupled-adam is there after")
        own = row["optimizer"] == "coupled-adam"
        rows.append(
            {
                "optimizer": f"`{row['optimizer']}`",
                "starts": row["seeds"],
                "score in the solver": _range(row, "reference_score"),
                **({"under the model": _range(row, "score")} if learned else {}),
                "share of its budget after which `coupled-adam` is there": ""
                if own or not descended
                else "never"
                if after is None
                else f"{after:.2g}",
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
