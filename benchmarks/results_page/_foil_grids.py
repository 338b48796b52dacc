"""What the grid of the flow solver costs."""

from ._parts import load, section, source, table


def foil_grids() -> str:
    """The error of the solver's grid."""
    found = load("foil_solver")["results"]
    rows = [
        {"cells": str(row["cells"]), "lift": row["lift"], "drag": f"{row['drag']:.5f}"}
        for row in found["grids"]
    ]
    limit = found["extrapolation"]
    rows.append(
        {
            "cells": "extrapolated",
            "lift": limit["lift"]["limit"],
            "drag": f"{limit['drag']['limit']:.5f}",
        }
    )
    polar = [
        {
            "degrees": row["angle"],
            "lift": f"{row['lift']:.3f}",
            "drag": f"{row['drag']:.4f}",
            "finer: lift": f"{row['lift finer']:.3f}",
            "finer: drag": f"{row['drag finer']:.4f}",
            "XFOIL: lift": f"{row['lift xfoil']:.3f}",
            "XFOIL: drag": f"{row['drag xfoil']:.4f}",
        }
        for row in found["polar"]
        if row["angle"] >= 0
    ]
    said = "NACA 0012 at 5 degrees, then its polar: `python -m benchmarks.studies.foil_solver`."
    return section(
        "The grid of the flow solver", said, table(rows), table(polar), source("foil_solver")
    )
