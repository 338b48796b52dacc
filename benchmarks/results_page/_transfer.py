"""Learned against reference scores."""

from ._parts import load, section, source, table


def transfer() -> str:
    """Learned against reference scores."""
    found = load("first-version/transfer")["results"]
    row = {
        "task": f"`{found['task']}`",
        "designs": len(found["designs"]),
        "rank correlation": round(found["rank_correlation"], 3),
        "mean absolute gap": round(found["mean_absolute_gap"], 3),
    }
    return section(
        "Learned against reference scores",
        "Of what optimizers found on the first version of the task: "
        "`python -m benchmarks.studies.transfer`.",
        table([row]),
        source("first-version/transfer"),
    )
