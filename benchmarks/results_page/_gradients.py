"""Norms of gradients, growth of differences."""

from ._parts import load, section, source, table


def norms() -> str:
    """Norms of exact gradients and growth of differences."""
    rows = [
        {
            "task": f"`{row['task']}`",
            "design": row["design"],
            "frames": row["frames"],
            "model": row["learned median"],
            "solver": row["solver median"],
            "model over solver": row["ratio"],
        }
        for row in load("gradient_norms")["results"]["rows"]
    ]
    growth = [
        {
            "task": f"`{row['task']}`",
            "simulator": row["simulator"],
            "from frame": row["from frame"],
            **{f"after {n}": row[f"after {n}"] for n in (5, 10, 20)},
        }
        for row in load("growth")["results"]["rows"]
    ]
    return section(
        "Gradients of rollouts",
        "Median norm of the exact gradient over scenes and designs, water tasks in their first "
        "version: "
        "`python -m benchmarks.studies.gradient_norms`.",
        table(rows),
        source("gradient_norms"),
        "By how much small differences grow: `python -m benchmarks.studies.growth`.",
        table(growth),
        source("growth"),
    )
