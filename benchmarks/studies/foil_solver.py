"""How far the reference flows around sections can be trusted: three grids, and a polar.

NACA 0012 at 5 degrees on the working grid and on grids of 1.5 and 2.25 times the cells an axis,
with the value that Richardson's extrapolation leads to and the working grid's distance from it; the
polar of NACA 0012 on the working grid and on one of twice the cells an axis, beside that of XFOIL
(coupled integral boundary layer, transition forced at a hundredth of the chord) where XFOIL is
installed. From 7 degrees on the stagnation point lies behind a hundredth of the chord; there XFOIL
trips the lower side at a twentieth, as it would stay laminar otherwise.

    python -m benchmarks.studies.foil_solver

What the marching of a grid does: lift and drag of random sections on the working grid, whose layers
are marched in one step each, on the same cells with the eight substeps of finer grids, and on twice
the cells an axis.

`--parts grids`, `polar` or `marching` makes one of them and keeps what is stored of the others.

Debian's XFOIL dies of a floating-point trap; `--xfoil-preload trap.so` loads an object before it
that defines `_gfortran_set_fpe` as a function that does nothing.
"""

import math
from typing import Any

import numpy as np

from benchmarks._common import RESULTS, arguments, publish, show
from benchmarks._xfoil import PRELOAD, TRIP, xfoil
from invdesign._richardson import Extrapolation, extrapolated
from invdesign.families.airfoil._drawn import MixedFoils, RandomFoils
from invdesign.grids import OGrid
from invdesign.grids._measures import cell_areas, non_orthogonality
from invdesign.io._reading import read_json
from invdesign.reference import OpenFOAM
from invdesign.reference.openfoam._solver import SUBSTEPS, FlowResult
from invdesign.scenes import SectionScene
from invdesign.sections import SectionLayout, naca4

REYNOLDS = 10.0 / 1.5e-5
OPTIONS: tuple[tuple[str, dict[str, Any]], ...] = (
    PRELOAD,
    ("--parts", {"default": "grids,polar,marching"}),
    ("--sections", {"type": int, "default": 20, "help": "of either kind, to march around"}),
)
STAGNATION = 7  # degrees from which on it lies behind a hundredth of the chord
RATIO = 1.5  # of the cells an axis on neighboring grids of the study


def solve(factor: float, angle: float) -> FlowResult:
    """NACA 0012 at an angle in degrees, on a grid of `factor**2` times the working grid's cells."""
    layout, grid = SectionLayout().refined(factor), OGrid().refined(factor)
    steps, patience = math.ceil(400 * factor), math.ceil(1600 * factor)
    solver = OpenFOAM(grid, max_steps=steps, time_limit=1800, patience=patience)
    surface = layout.fit(naca4("0012", num=800))
    return solver.solve(SectionScene(surface, math.radians(angle)))


def grids(factors: tuple[float, ...]) -> list[dict[str, Any]]:
    """A row a grid, coarse to fine."""
    rows = []
    for factor in factors:
        result = solve(factor, 5.0)
        row: dict[str, Any] = {"factor": factor, "failure": result.failure}
        if result.flow is not None:
            nodes = result.flow.nodes
            angles = [float(np.rad2deg(a.max())) for a in non_orthogonality(nodes)]
            row |= {
                "cells": int(np.prod(cell_areas(nodes).shape)),
                "first layer": OGrid().refined(factor).first,
                "non-orthogonality": max(angles),
                "lift": result.lift,
                "drag": result.drag,
                "iterations": result.iterations,
                "seconds": result.seconds,
            }
        rows.append(row)
    return rows


def limits(values: list[float], factors: list[float]) -> dict[str, float]:
    """What a coefficient tends to on finer and finer grids; NaN where they do not tell."""
    found = extrapolated(values, factors) or Extrapolation(math.nan, math.nan)
    return {
        "order": found.order,
        "limit": found.limit,
        "working grid over limit": values[0] / found.limit,
    }


def tripped(
    first: int, last: int, preload: str, lower: float = TRIP
) -> dict[int, tuple[float, float]]:
    """XFOIL's lift and drag of NACA 0012 by angle in degrees, the lower side tripped at `lower`."""
    wanted = f"ASEQ {first} {last} 1"
    points = naca4("0012", num=80)
    rows = xfoil(points, wanted, reynolds=REYNOLDS, preload=preload, lower=lower)
    return {round(row[0]): (float(row[1]), float(row[2])) for row in rows}


def polar(first: int, last: int, preload: str, *, both: bool) -> list[dict[str, Any]]:
    """A row an angle: working grid, next finer grid, XFOIL."""
    other = tripped(first, min(last, STAGNATION - 1), preload)
    if last >= STAGNATION:
        other |= tripped(max(first, STAGNATION), last, preload, lower=0.05)
    rows = []
    for angle in range(first, last + 1):
        row: dict[str, Any] = {"angle": angle}
        for name, factor in (("", 1), (" finer", 2)) if both else (("", 1),):
            result = solve(factor, angle)
            row |= {f"lift{name}": result.lift, f"drag{name}": result.drag}
            row[f"iterations{name}"] = result.iterations
        if angle in other:
            row |= {"lift xfoil": other[angle][0], "drag xfoil": other[angle][1]}
        rows.append(row)
    return rows


class Substeps(OGrid):
    """The working grid, its first layers marched as those of finer ones are."""

    def __call__(self, surface: Any, *, substeps: int = SUBSTEPS) -> Any:
        return super().__call__(surface, substeps=SUBSTEPS)


def marching(number: int) -> list[dict[str, Any]]:
    """A row a section: lift and drag with one step a layer, with eight, and on twice the cells.

    Cases that do not settle on one of them are left out.
    """
    solvers = {
        "one step": OpenFOAM(patience=0),
        "substeps": OpenFOAM(Substeps(), patience=0),
        "twice the cells": OpenFOAM(resolution=2, patience=0),
    }
    rows = []
    for kind, drawn in (("bent", RandomFoils()), ("mixed", MixedFoils())):
        _, scenes = drawn.cases(0, number, 0)
        for scene in scenes:
            found = {name: solver.solve(scene) for name, solver in solvers.items()}
            if all(result.failure is None for result in found.values()):
                row = {f"lift, {name}": result.lift for name, result in found.items()}
                drags = {f"drag, {name}": result.drag for name, result in found.items()}
                rows.append({"kind": kind, **row, **drags})
    return rows


def moved(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Differences by kind of section and coefficient: median of the size, and the largest."""
    table = []
    for kind in dict.fromkeys(row["kind"] for row in rows):
        mine = [row for row in rows if row["kind"] == kind]
        for key in ("lift", "drag"):
            line: dict[str, Any] = {"kind": kind, "sections": len(mine), "coefficient": key}
            for first, second in (
                ("one step", "substeps"),
                ("one step", "twice the cells"),
                ("substeps", "twice the cells"),
            ):
                apart = [abs(row[f"{key}, {first}"] - row[f"{key}, {second}"]) for row in mine]
                line[f"{first} from {second}"] = float(np.median(apart))
                line[f"{first} from {second}, most"] = max(apart)
            table.append(line)
    return table


def main() -> None:
    given = arguments(__doc__, *OPTIONS)
    given.out = given.out or RESULTS / "foil_solver.json"
    stored = read_json(given.out)["results"] if given.out.exists() else {}
    parts = given.parts.split(",")
    study, rows = stored.get("grids", []), stored.get("polar", [])
    around = stored.get("marching", [])
    if "grids" in parts:
        study = grids((1.0,) if given.quick else (1.0, RATIO, RATIO**2))
    known = [row for row in study if row["failure"] is None]
    ends = {}
    if len(known) == 3:
        ends = {
            key: limits([row[key] for row in known], [row["factor"] for row in known])
            for key in ("lift", "drag")
        }
    angles = (0, 1) if given.quick else (-4, 10)
    if "polar" in parts:
        rows = polar(*angles, given.xfoil_preload, both=not given.quick)
    if "marching" in parts:
        around = marching(1 if given.quick else given.sections)
    results = {"grids": study, "extrapolation": ends, "polar": rows, "marching": around}
    publish(__file__, given, results)
    show("NACA 0012 at 5 degrees", study)
    if ends:
        show("extrapolated", [{"coefficient": key, **value} for key, value in ends.items()])
    show("polar of NACA 0012, fully turbulent, Re 6.7e5", rows)
    if around:
        show("the marching of the working grid", moved(around))


if __name__ == "__main__":
    main()
