"""Which settings of optimizers were tried."""

from ._parts import load, section, source, table


def tuning() -> str:
    """Which settings were tried."""
    parts = []
    for name in ("tuning", "tuning-learned"):
        rows = [
            {
                "optimizer": f"`{row['optimizer']}`",
                "setting": row["setting"],
                "runs": row["runs"],
                "mean score": row["mean"],
                "lowest": row["lowest"],
            }
            for row in load(name)["results"]["summary"]
        ]
        parts += [table(rows), source(name)]
    said = (
        "The same effort for each, on the first version of the tasks, through the solver and, on "
        "`maze`, through `water2d`:"
    )
    return section(
        "Settings of optimizers", f"{said} `python -m benchmarks.studies.tuning`.", *parts
    )
