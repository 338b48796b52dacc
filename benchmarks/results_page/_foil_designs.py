"""Searches for sections of little drag."""

from ._parts import load, section, source, table


def foil_designs() -> str:
    """Searches for the least drag at a lift of 0.5."""
    rows = load("foil_design")["results"]["summary"]
    first = rows[0]
    found = [
        {
            "design": row["name"],
            "drag at lift": f"{row['drag at lift']:.5f}",
            "saved": f"{100 * (1 - row['drag at lift'] / first['drag at lift']):.1f}%",
            "on finer cells": f"{row['fine grid']:.5f}",
            "saved there": f"{100 * (1 - row['fine grid'] / first['fine grid']):.1f}%",
            "evaluations": row["evaluations"],
            "seconds of one core": round(row["core seconds"]),
        }
        for row in rows
    ]
    said = (
        "Drag in OpenFOAM on 16,128 cells with the angle trimmed to a lift of 0.5. Less is saved "
        "on finer ones (36,288): compare the columns. Seconds count compilation. "
        "`python -m benchmarks.studies.foil_design`:"
    )
    return section("`airfoil`", said, table(found), source("foil_design"))
