"""Least drag at constant lift: through the learned simulator, and on the solver itself.

Contenders on the task `airfoil`, each verified in OpenFOAM on the reference's cells and on finer
ones (2 and 3 times the working grid's along either axis), at the angle it was found for and trimmed
to the lift exactly:

- `learned, slsqp`: what `invdesign run airfoil` does.
- `learned, cmaes` and `learned, cem`: ten times its simulator evaluations, penalties.
- `openfoam, slsqp`: SciPy's SLSQP on simpleFoam itself, derivatives by one-sided differences in the
  nine parameters, as many cases at a time as there are cores; `openfoam, slsqp from learned` and
  `... from beside`: the same from where the first one ended, and from the start of seed 1.

Each is on disk when it is done, and the solver's flows as they are solved (beside `--out`): the
same command goes on, and `--only` makes one of them. A search on the solver ends when its best
section that meets all demands has not gained a hundred-thousandth of its drag in five iterations;
near the end SLSQP's line searches live on the noise of flows. `core seconds` are of all cores
together and count compilation; a search on the solver has no others, and its flows count at their
mean.

    python -m benchmarks.studies.foil_design
"""

import time
from pathlib import Path
from typing import Any

import jax
import numpy as np

from benchmarks._common import RESULTS, Kind, arguments, publish, resolved, show
from benchmarks._solver_slsqp import SOLVER, Cases, on_the_solver, scene_of
from invdesign import Task, solve
from invdesign.families.airfoil._models import DEFAULT
from invdesign.families.airfoil._reference import RESOLUTION
from invdesign.families.airfoil._trim import trimmed as trim
from invdesign.io._reading import read_json
from invdesign.reference import OpenFOAM
from invdesign.scenes import SectionScene
from invdesign.studies import seeded_start
from invdesign.studies._identity import task_digest
from invdesign.studies._optimizers import Effort, contestant, default_budget
from invdesign.studies._published import enter, published, write_reference
from invdesign.studies._registry import load_task

OPTIONS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("--model", {"default": DEFAULT}),
    ("--only", {"default": "", "help": "names separated by semicolons; all by default"}),
)
FROM = " from learned"  # ends the name of a search on the solver that begins with its design
BESIDE = " from beside"  # the same from a section a little beside the first one
NAMES = (
    "learned, slsqp",
    "learned, cmaes",
    "learned, cem",
    f"openfoam, slsqp{FROM}",
    "openfoam, slsqp",
    f"openfoam, slsqp{BESIDE}",
)
TASKS = Path(__file__).resolve().parents[2] / "tasks"
_HEAD = """\
# The rows `found` are written by `python -m benchmarks.studies.foil_design` and by `foil_adjoint`:
# drags at a lift of 0.5, the angle of attack trimmed, on the reference's cells and on one and a
# half times as many along either axis. The designs are written by the first and by `invdesign
# submit`; their score is lift over drag in OpenFOAM at the angle that they have.
"""
LIFT = 0.5
_CHARGE = 3  # of a value with its gradient, drag's and that of one lift, through the model
_MORE = 10  # times the evaluations for sampling methods
FINE = OpenFOAM(resolution=RESOLUTION + 1)


# Through the learned simulator.


def learned(task: Task, model: str, name: str, quick: bool) -> dict[str, Any]:
    """A run of an optimizer through the learned simulator; compilation is timed apart."""
    problem = resolved(task.name, Kind.LEARNED, model).problem
    budget = default_budget(problem)
    if name != "slsqp":
        evaluations = budget / problem.gradient_cost
        budget = _MORE * evaluations * problem.steps_per_evaluation
    if quick:
        budget = 0.05 * budget
    player = contestant(name, problem, Effort(budget=budget))
    start, work = time.perf_counter(), time.process_time()
    solve(problem, player.optimizer, key=jax.random.key(0), max_steps=1)
    compiled = time.perf_counter() - start
    solution = solve(problem, player.optimizer, key=jax.random.key(0), budget=budget)
    return {
        "parameters": np.asarray(solution.design.parameters, float).tolist(),
        "seconds": solution.seconds,
        "seconds_compiling": compiled,
        "cpu": time.process_time() - work,
        "evaluations": solution.simulator_steps,
        "with_gradient": solution.gradient_steps,
        "violations": solution.violations,
        "reason": solution.reason,
    }


# The last word.


def verified(task: Task, parameters: np.ndarray, solver: OpenFOAM) -> dict[str, Any]:
    """Lift and drag as found, then with the angle trimmed to the lift that was asked for."""
    wanted = float(np.asarray(task.conditions.lift)[0])
    return trimmed(scene_of(task, parameters), wanted, solver)


def trimmed(scene: SectionScene, wanted: float, solver: OpenFOAM) -> dict[str, Any]:
    """Lift and drag of a scene, and its drag at the angle at which it has the lift wanted."""
    found = trim(scene, wanted, solver)
    last, first = found.result, found.first
    number = [float(x) if np.isfinite(x) else None for x in (first.lift, first.drag, last.drag)]
    return {
        "lift": number[0],
        "drag": number[1],
        "trimmed_drag": number[2],
        "trimmed_angle": found.angle,
        "failure": first.failure or last.failure,
    }


def first_parameters(name: str, task: Task, others: list[dict[str, Any]]) -> np.ndarray:
    """Where a search on the solver begins."""
    if name.endswith(BESIDE):
        return np.asarray(task.space.decode(seeded_start(task.space, 1)).parameters, float)
    start = NAMES[0] if name.endswith(FROM) else "baseline"
    found = next(run for run in others if run["name"] == start)["parameters"]
    return np.asarray(found, float)


def contend(
    name: str, task: Task, model: str, quick: bool, others: list[dict[str, Any]], out: Path
) -> dict[str, Any]:
    """One contender from its start to its verification; `others` were before it."""
    through, optimizer = name.split(", ")
    if through == "openfoam":
        flows = out.with_name(f"{out.stem}-flows.json")
        cases = Cases(task, SOLVER, flows)
        found = on_the_solver(cases, first_parameters(name, task, others), most=2 if quick else 40)
    else:
        found = learned(task, model, optimizer, quick)
    parameters = np.asarray(found["parameters"])
    checks = {"working": verified(task, parameters, SOLVER)}
    if not quick:
        checks["fine"] = verified(task, parameters, FINE)
    return {"name": name, **found, **checks}


def baseline(task: Task, quick: bool) -> dict[str, Any]:
    """The section that the search starts from, trimmed."""
    parameters = np.asarray(task.space.decode(task.space.initial()).parameters, float)
    checks = {"working": verified(task, parameters, SOLVER)}
    if not quick:
        checks["fine"] = verified(task, parameters, FINE)
    return {"name": "baseline", "parameters": parameters.tolist(), **checks}


def summary(runs: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """A row a contender."""
    return [
        {
            "name": run["name"],
            "lift": run["working"]["lift"],
            "drag": run["working"]["drag"],
            "drag at lift": run["working"]["trimmed_drag"],
            "fine grid": run.get("fine", {}).get("trimmed_drag"),
            "seconds": run.get("seconds") or 0.0,
            "core seconds": run.get("cpu") or 0.0,
            "compiling": run.get("seconds_compiling", 0.0),
            "evaluations": run.get("evaluations", 0),
        }
        for run in runs
    ]


def found_rows(runs: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """What the contenders came to: the rows of the task's `reference.toml`."""
    rows = []
    for run in runs:
        if run.get("working", {"failure": True})["failure"] is not None:
            continue
        row: dict[str, Any] = {"name": run["name"]}
        for key, grid in (("drag", "working"), ("drag_fine_grid", "fine")):
            if grid in run:
                row[key] = round(run[grid]["trimmed_drag"], 6)
        if run.get("seconds") is not None:
            row |= {"seconds": round(run["seconds"]), "evaluations": run["evaluations"]}
        rows.append(row)
    return rows


def enter_designs(task: Task, runs: list[dict[str, Any]]) -> None:
    """Enter the contenders' sections, at the angle of the lift asked for, into the leaderboard.

    Those in the task's own space have parameters; of others there is only the section.
    """
    for run in runs:
        through, _, optimizer = run["name"].partition(", ")
        if not optimizer or "parameters" not in run or run["working"]["failure"] is not None:
            continue
        own = through == "openfoam"
        optimizer = optimizer.removesuffix(FROM).removesuffix(BESIDE)
        entry = published(
            task,
            [*run["parameters"][:-1], run["working"]["trimmed_angle"]],
            SOLVER,
            by="invdesign",
            optimizer=optimizer,
            through="reference" if own else "learned",
            model=None if own else DEFAULT,
            seed=int(run["name"].endswith(BESIDE)),
            charged_steps=run["evaluations"] + (0 if own else (_CHARGE - 1) * run["with_gradient"]),
            fine=False,  # minutes; the rows `found` have finer cells
        )
        enter(TASKS / "airfoil" / "reference.toml", entry)


def write_results() -> None:
    """Write the task's `reference.toml` from what this benchmark and `foil_adjoint.py` stored."""
    task, runs = load_task("airfoil"), []
    digest = task_digest(task)
    for name in ("foil_design", "foil_adjoint"):
        path = RESULTS / f"{name}.json"
        stored = read_json(path)["results"] if path.exists() else {}
        if stored.get("task_digest") == digest:
            runs += stored["runs"] if name == "foil_design" else [stored]
    write_reference(TASKS / "airfoil" / "reference.toml", found=found_rows(runs), head=_HEAD)
    enter_designs(task, runs)


def main() -> None:
    given = arguments(__doc__, *OPTIONS)
    given.out = given.out or RESULTS / "foil_design.json"
    task = load_task("airfoil")
    digest = task_digest(task)
    stored = read_json(given.out)["results"] if given.out.exists() else {}
    runs = stored.get("runs", []) if stored.get("task_digest") == digest else []
    wanted = [name.strip() for name in given.only.split(";") if name.strip()] or list(NAMES)
    if not any(run["name"] == "baseline" for run in runs):
        runs.append(baseline(task, given.quick))
    for name in wanted:
        if not any(run["name"] == name for run in runs):
            runs.append(contend(name, task, given.model, given.quick, runs, given.out))
            results = {"task_digest": digest, "summary": summary(runs), "runs": runs}
            publish(__file__, given, results)
            if not given.quick:
                write_results()
    show("airfoil: least drag at a lift of 0.5", summary(runs))


if __name__ == "__main__":
    main()
