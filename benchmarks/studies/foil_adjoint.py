"""Least drag at constant lift by OpenFOAM's own optimizer, `adjointOptimisationFoam`, beside ours.

The problem of the task `airfoil` as far as the program can say it: NACA 0012 on our grid, drag as
the objective, a lift of 0.5 as one constraint and the area of the baseline as the other, SQP on
gradients of the continuous adjoint, the turbulence model's included. The shape moves by volumetric
B-splines, 5 x 2 free control points up and down, edges held. What it cannot say: the angle of
attack (it is scanned); thickness, nose and base (they are checked afterwards); bounds.

It has no line search: once the gradient's error is what is left of it, cycles wander off. So the
best of all cycles near the lift is taken, over all angles, and verified as in `foil_design.py`: a
grid of our own around its section, the angle trimmed, on the working grid and on one of twice the
cells. The gradients are tried, too: a small step down one against the fall that it predicts.

    python -m benchmarks.studies.foil_adjoint
"""

import math
import os
import shutil
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import jax.numpy as jnp
import numpy as np

from benchmarks._common import RESULTS, arguments, publish, show
from benchmarks._openfoam_adjoint import (
    PROGRAM,
    history,
    run_program,
    surface_of,
    write_adjoint_case,
)
from benchmarks.studies.foil_design import FINE, LIFT, SOLVER, trimmed, write_results
from invdesign import Task
from invdesign.scenes import SectionScene
from invdesign.studies._identity import task_digest
from invdesign.studies._registry import load_task

ANGLES = (0.0, 1.0, 2.0, 3.0, 5.0)  # degrees
CYCLES = 11
NEAR = 5e-3  # of the lift asked for: cycles that are candidates
PROBE = {"drag": 0.01, "lift": 1e-4}  # how far along its gradient each objective is tried
PROBED = 2.0  # degrees at which gradients are tried
_SEARCH = {"method": "method SQP;", "step": "maxAllowedDisplacement 0.005;"}


def search(task: Task, degrees: float, *, quick: bool) -> dict[str, Any]:
    """All cycles at an angle, and the section of the best one near the lift."""
    surface = np.asarray(task.space.baseline, float)
    with tempfile.TemporaryDirectory(prefix="invdesign-adjoint-") as folder:
        case = Path(folder)
        write_adjoint_case(
            case,
            surface,
            math.radians(degrees),
            lift=LIFT,
            names=("drag", "lift", "area"),
            cycles=2 if quick else CYCLES,
            steps=50 if quick else 500,
            update=_SEARCH,
        )
        taken = run_program(case, 1800.0)
        drag, lift = history(case, "drag"), history(case, "lift") + LIFT
        num = min(len(drag), len(lift))
        near = [i for i in range(num) if quick or abs(lift[i] - LIFT) < NEAR]
        best = min(near, key=lambda i: drag[i], default=None)
        row = {"degrees": degrees, **taken, "drags": drag.tolist(), "lifts": lift.tolist()}
        row |= {"cycles": num, "best": None, "surface": None}
        if best is not None:
            found = surface_of(case, best + 1, len(surface))
            row |= {"best": best + 1, "surface": found.tolist()}
        return row


def probe(task: Task, name: str, *, quick: bool) -> dict[str, Any]:
    """A small step down a gradient: by how much the objective falls, and by how much it should."""
    eta = PROBE[name]
    with tempfile.TemporaryDirectory(prefix="invdesign-adjoint-") as folder:
        case = Path(folder)
        write_adjoint_case(
            case,
            np.asarray(task.space.baseline, float),
            math.radians(PROBED),
            lift=LIFT,
            names=(name,),
            cycles=2,
            steps=50 if quick else 800,
            update={"method": f"eta {eta!r}; method steepestDescent;", "step": ""},
        )
        taken = run_program(case, 1800.0)
        values, path = history(case, name), case / "optimisation" / "correction" / "correction2"
        move = np.loadtxt(path, ndmin=2)[:, 1] if path.exists() else np.full(1, np.nan)
    fell = float(values[0] - values[1]) if len(values) > 1 else math.nan
    return {"objective": name, "fell": fell, "predicted": float(move @ move) / eta, **taken}


def violations(task: Task, surface: np.ndarray) -> dict[str, float]:
    """The task's own demands on shape that a section misses, and by how much."""
    design: Any = SimpleNamespace(surface=jnp.asarray(surface, jnp.float32))
    found = {}
    for constraint in task.constraints:
        if not constraint.simulated:
            missed = float(jnp.max(-constraint(None, design)))  # type: ignore[arg-type]
            if missed > constraint.tolerance:
                found[constraint.name] = missed
    return found


def verified(task: Task, row: dict[str, Any], *, quick: bool) -> dict[str, Any]:
    """The reference solver's word on a search's best section."""
    surface = np.asarray(row["surface"])
    scene = SectionScene(jnp.asarray(surface, jnp.float32), math.radians(row["degrees"]))
    checks = {"working": trimmed(scene, LIFT, SOLVER)}
    if not quick:
        checks["fine"] = trimmed(scene, LIFT, FINE)
    return {**checks, "violations": violations(task, surface)}


def main() -> None:
    given = arguments(__doc__)
    given.out = given.out or RESULTS / "foil_adjoint.json"
    if shutil.which(PROGRAM) is None:
        raise SystemExit(f"There is no `{PROGRAM}` on PATH; it comes with OpenFOAM 1912 or later.")
    task = load_task("airfoil")
    angles = (1.0,) if given.quick else ANGLES
    start = time.perf_counter()
    with ThreadPoolExecutor(len(os.sched_getaffinity(0))) as pool:
        runs = list(pool.map(lambda x: search(task, x, quick=given.quick), angles))
    seconds = time.perf_counter() - start
    for run in runs:
        if run["surface"] is not None:
            run |= verified(task, run, quick=given.quick)
    known = [run for run in runs if run.get("working", {}).get("trimmed_drag")]
    best = min(known, key=lambda run: run["working"]["trimmed_drag"], default=None)
    probes = [probe(task, name, quick=given.quick) for name in PROBE]
    results = {
        "task_digest": task_digest(task),
        "name": "adjointOptimisationFoam, sqp",
        "seconds": seconds,
        "evaluations": sum(run["cycles"] for run in runs),
        **({} if best is None else best | {"seconds": seconds}),
        "runs": runs,
        "probes": probes,
    }
    publish(__file__, given, results)
    if not given.quick:
        write_results()
    show(
        "airfoil by adjointOptimisationFoam: the best cycle at each angle",
        [
            {
                "degrees": run["degrees"],
                "cycle": run["best"],
                "drag at lift": run.get("working", {}).get("trimmed_drag"),
                "at degrees": math.degrees(run.get("working", {}).get("trimmed_angle", math.nan)),
                "fine grid": run.get("fine", {}).get("trimmed_drag"),
                "violations": run.get("violations"),
                "seconds": run["seconds"],
                "failure": run["failure"],
            }
            for run in runs
        ],
    )
    show(
        "a small step down each gradient",
        [{key: row[key] for key in ("objective", "fell", "predicted")} for row in probes],
    )


if __name__ == "__main__":
    main()
