"""Moving meshes."""

from ._parts import load, section, source, table


def meshes() -> str:
    """Moving meshes with and without edges of the world."""
    found = load("mesh_transient")["results"]
    rows = [
        {
            "simulator": name,
            **{f"off after {n} frames (m)": row["position_rmse_at"][str(n)] for n in (10, 30, 100)},
            "seconds of training": round(row["seconds_of_training"]),
        }
        for name, row in found.items()
        if "position_rmse_at" in row
    ]
    command = "`python -m benchmarks.studies.mesh_transient`"
    said = f"Root mean square over free nodes and scenes: {command}."
    return section("Moving meshes", said, table(rows), source("mesh_transient"))
