"""Drag of sections at a lift on finer and finer grids: what of a saving is the grid's."""

import dataclasses
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np

from ...io._history import read_history, write_history
from ...reference.openfoam._solver import OpenFOAM, find_openfoam
from ...scenes import SectionScene
from ...sections import SectionLayout
from ._trim import Trimmed, trimmed

GRIDS = "grids.csv"


def drags(
    scenes: Sequence[SectionScene], lift: float, finest: int, *, patient: bool = True
) -> list[list[Trimmed]]:
    """Trims of each section on each grid, coarse to fine, up to the first that fails.

    Each begins with the angle of the one before.

    **Arguments:** `patient`: whether flows that do not settle go on by gentler iterations, which
    take minutes on fine cells.

    **Raises:** `ValueError` if OpenFOAM is not installed.
    """
    find_openfoam()
    solver = OpenFOAM() if patient else OpenFOAM(patience=0)

    def own(scene: SectionScene) -> list[Trimmed]:
        trims: list[Trimmed] = []
        for resolution in range(1, finest + 1):
            trims.append(trimmed(scene, lift, solver.refined(resolution)))
            if trims[-1].result.failure is not None:
                break
            scene = dataclasses.replace(scene, angle=trims[-1].angle)
        return trims

    with ThreadPoolExecutor(len(scenes)) as pool:
        return list(pool.map(own, scenes))


def grid_rows(trims: Sequence[Trimmed]) -> list[dict[str, Any]]:
    """A row for each grid; the drag of a trim that failed is NaN."""
    return [_row(trim, index + 1) for index, trim in enumerate(trims)]


def _row(trim: Trimmed, resolution: int) -> dict[str, Any]:
    layout, solver = SectionLayout().refined(resolution), OpenFOAM()
    cells = layout.num_points * solver.grid.refined(resolution).num_layers
    known = trim.result.failure is None
    return {
        "resolution": resolution,
        "cells": cells,
        "wall_units": trim.result.wall_units,
        "angle": float(np.degrees(trim.angle)),
        "lift": trim.result.lift,
        "drag": trim.result.drag if known else float("nan"),
        "seconds": trim.result.seconds,
    }


def write_grids(
    path: Path, initial: SectionScene, optimized: SectionScene, lift: float, finest: int
) -> None:
    """Solve both sections on 1 to `finest` times the working grid's cells an axis; a table.

    A run does not wait for flows that do not settle: they have no drag there.
    """
    names = "initial", "optimized"
    found = drags((initial, optimized), lift, finest, patient=False)
    rows = [
        {"section": name, "asked_lift": lift, **row}
        for name, trims in zip(names, found, strict=True)
        for row in grid_rows(trims)
    ]
    write_history(path, rows)


def saved_by_grid(path: Path) -> list[str]:
    """What a run's table says, in a sentence; nothing of a run that has none.

    **Raises:** `ValueError` naming the file if it is damaged.
    """
    if not path.exists():
        return []
    rows = read_history(path)
    drag = {(row["section"], row["cells"]): row["drag"] for row in rows}
    said = []
    for cells in sorted({row["cells"] for row in rows}):
        first, last = drag.get(("initial", cells)), drag.get(("optimized", cells))
        if first is not None and last is not None and np.isfinite(first) and np.isfinite(last):
            share = 100 * (1 - last / first)
            said.append(f"{first:.5f} to {last:.5f} on {cells:,} cells ({share:.1f}%)")
    if not said:
        return []
    where = f"OpenFOAM, trimmed to a lift of {rows[0]['asked_lift']:g}: drag "
    return [where + ", ".join(said) + "; what shrinks with the cells is the grid's"]
