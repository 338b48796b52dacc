"""Sections of other programs."""

from typing import Any

from ._parts import load, section, source, table


def foil_rivals() -> str:
    """The sections that other programs find, and what each judge says of them."""
    rows = load("foil_rivals")["results"]["rows"]
    first, found = rows[0], []
    for row in rows:
        line: dict[str, Any] = {"section": row["name"]}
        for judge in ("openfoam", "xfoil", "neuralfoil"):
            drag = row[judge]
            line[judge] = "none" if drag is None else f"{drag:.5f}"
            line[f"{judge}: saved"] = (
                "" if drag is None else f"{100 * (1 - drag / first[judge]):.1f}%"
            )
        found.append(line | {"misses": ", ".join(row["violations"]) or "nothing"})
    said = (
        "Drag at a lift of 0.5: OpenFOAM on 36,288 cells, XFOIL and NeuralFoil tripped at a "
        "hundredth of the chord. `python -m benchmarks.studies.foil_rivals`:"
    )
    return section("`airfoil` by other programs", said, table(found), source("foil_rivals"))
