"""Models of the flow around sections beside the solver."""

import json

from ._parts import ROOT, section, table


def flow_model() -> str:
    """Errors of lift and drag, and seconds a case."""
    rows, seconds = [], []
    for name in ("airfoil-fine", "airfoil", "airfoil-mixed-fine", "airfoil-mixed"):
        found = json.loads((ROOT / f"pretrained/{name}/metrics.json").read_text("utf-8"))
        rows += [
            {
                "model": f"`{name}`",
                "cases": said,
                "number": round(errors["num_cases"]),
                **{
                    f"{force}, {words}": f"{100 * errors[f'{force}_error{key}']:.2f}%"
                    for force in ("lift", "drag")
                    for key, words in (("", "median"), ("_95", "95th percentile"))
                },
            }
            for said, errors in (
                ("held out", found),
                (f"NACA sections{'' if 'mixed' in name else ', never trained on'}", found["NACA"]),
            )
        ]
        speed = found["speed"]
        seconds.append(
            {
                "seconds a case": f"`{name}`",
                "model": speed["value_seconds"],
                "with its gradient": speed["gradient_seconds"],
                "simpleFoam on its cells": speed["solver_seconds"],
            }
        )
    said = "Relative errors beside flows of the cells that each learned from: `invdesign evaluate`."
    return section("Learned flow around sections", said, table(rows), table(seconds))
