"""Least drag at constant lift: through the learned simulator, and on the solver itself.

Contenders on the task `airfoil`, each verified in OpenFOAM on the reference's cells and on finer
ones (2 and 3 times the working grid's along either axis), at the angle it was found for and trimmed
to the lift exactly:

- `learned, slsqp`: what `invdesign run airfoil` does.
- `learned, cmaes` and `learned, cem`: ten times its simulator evaluations, penalties.
- `openfoam, slsqp`: SciPy's SLSQP on simpleFoam itself, derivatives by one-sided differences in the
  nine parameters, as many cases at a time as there are cores; `openfoam, slsqp from learned`: the
  same from where the first one ended.

Each is on disk when it is done; the same command goes on, and `--only` makes one of them.

    python -m benchmarks.studies.foil_design
"""

import dataclasses
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from scipy import optimize

from benchmarks._common import RESULTS, Kind, arguments, publish, resolved, show
from invdesign import Task, solve
from invdesign.families.airfoil._models import DEFAULT
from invdesign.families.airfoil._reference import RESOLUTION
from invdesign.families.airfoil._trim import trimmed as trim
from invdesign.io._reading import read_json
from invdesign.reference import OpenFOAM
from invdesign.scenes import FoilScene
from invdesign.spaces import FFD
from invdesign.studies._identity import task_digest
from invdesign.studies._optimizers import Effort, contestant, default_budget
from invdesign.studies._published import enter, published, write_reference
from invdesign.studies._registry import load_task

OPTIONS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("--model", {"default": DEFAULT}),
    ("--only", {"default": "", "help": "names separated by semicolons; all by default"}),
)
FROM = " from learned"  # ends the name of a search on the solver that begins with its design
NAMES = (
    "learned, slsqp",
    "learned, cmaes",
    "learned, cem",
    f"openfoam, slsqp{FROM}",
    "openfoam, slsqp",
)
TASKS = Path(__file__).resolve().parents[2] / "tasks"
_HEAD = """\
# The rows `found` are written by `python -m benchmarks.studies.foil_design` and by `foil_adjoint`:
# drags at a lift of 0.5, the angle of attack trimmed, on the reference's cells and on one and a
# half times as many along either axis. The designs are written by the first and by `invdesign
# submit`; their score is lift over drag in OpenFOAM at the angle that they have.
"""
LIFT = 0.5
_UNIT = 0.01  # parameters in the optimizer's eyes: hundredths of a chord and of a radian
_STEP = 0.05  # of the differences, in that unit
_CHARGE = 3  # of a value with its gradient, drag's and that of one lift, through the model
_MORE = 10  # times the evaluations for sampling methods
SOLVER, FINE = OpenFOAM(resolution=RESOLUTION), OpenFOAM(resolution=RESOLUTION + 1)


def scene_of(task: Task, parameters: np.ndarray) -> FoilScene:
    """The scene of some parameters of the task's space, at its only point of flight."""
    space = task.space
    assert isinstance(space, FFD)
    surface = space.bend(jnp.asarray(parameters[:-1], jnp.float32))
    return FoilScene(surface, float(parameters[-1]))


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
    start = time.perf_counter()
    solve(problem, player.optimizer, key=jax.random.key(0), max_steps=1)
    compiled = time.perf_counter() - start
    solution = solve(problem, player.optimizer, key=jax.random.key(0), budget=budget)
    return {
        "parameters": np.asarray(solution.design.parameters, float).tolist(),
        "seconds": solution.seconds,
        "seconds_compiling": compiled,
        "evaluations": solution.simulator_steps,
        "with_gradient": solution.gradient_steps,
        "violations": solution.violations,
        "reason": solution.reason,
    }


# On the solver itself.


@dataclasses.dataclass
class Cases:
    """simpleFoam's lift and drag of parameters, each solved once, many at a time."""

    task: Task
    solver: OpenFOAM
    known: dict[bytes, tuple[float, float]] = dataclasses.field(default_factory=dict)
    failed: int = 0

    def __call__(self, rows: np.ndarray) -> np.ndarray:
        """Lift and drag of each row, in the optimizer's unit, `(row, 2)`."""
        new = [row for row in rows if row.tobytes() not in self.known]
        scenes = [scene_of(self.task, row * _UNIT) for row in new]
        for row, result in zip(new, self.solver.solve_all(scenes), strict=True):
            self.failed += result.failure is not None
            # A line search goes back from a case without an answer as from a bad one.
            value = (result.lift, result.drag) if result.failure is None else (0.0, 1.0)
            self.known[row.tobytes()] = value
        return np.asarray([self.known[row.tobytes()] for row in rows])

    def slopes(self, x: np.ndarray) -> np.ndarray:
        """Derivatives of lift and drag, `(2, parameter)`."""
        values = self(np.concatenate([x[None], x[None] + _STEP * np.eye(len(x))]))
        return (values[1:] - values[0]).T / _STEP


def demands(task: Task) -> Callable[[np.ndarray], tuple[np.ndarray, np.ndarray]]:
    """The task's own constraints on shape, with their derivatives, of parameters."""
    space = task.space
    assert isinstance(space, FFD)

    def entries(x: Any) -> Any:
        @dataclasses.dataclass
        class Design:
            surface: Any

        design = Design(space.bend(x[:-1] * _UNIT))
        found = [c(None, design) for c in task.constraints if not c.simulated]
        return jnp.concatenate(found)

    both = jax.jit(lambda x: (entries(x), jax.jacfwd(entries)(x)))

    def at(x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        values, slopes = both(jnp.asarray(x, jnp.float32))
        return np.asarray(values, float), np.asarray(slopes, float)

    return at


def on_the_solver(task: Task, first: np.ndarray, quick: bool) -> dict[str, Any]:
    """SLSQP on simpleFoam from some parameters, to convergence."""
    space = task.space
    assert isinstance(space, FFD)
    cases, shape = Cases(task, SOLVER), demands(task)
    wanted = float(np.asarray(task.conditions.lift)[0])
    lower, upper = (np.asarray(bound, float) / _UNIT for bound in space.bounds())
    history: list[list[float]] = []
    begin = time.perf_counter()

    def follow(x: np.ndarray) -> None:
        lift, drag = cases(x[None])[0]
        history.append([time.perf_counter() - begin, len(cases.known), lift, drag])

    found = optimize.minimize(
        lambda x: cases(x[None])[0, 1] / _UNIT,
        first / _UNIT,
        jac=lambda x: cases.slopes(x)[1] / _UNIT,
        method="SLSQP",
        bounds=list(zip(lower, upper, strict=True)),
        constraints=[
            {
                "type": "eq",
                "fun": lambda x: cases(x[None])[0, 0] - wanted,
                "jac": lambda x: cases.slopes(x)[0],
            },
            {"type": "ineq", "fun": lambda x: shape(x)[0], "jac": lambda x: shape(x)[1]},
        ],
        callback=follow,
        options={"maxiter": 2 if quick else 40, "ftol": 1e-5},
    )
    return {
        "parameters": (found.x * _UNIT).tolist(),
        "seconds": time.perf_counter() - begin,
        "seconds_compiling": 0.0,
        "evaluations": len(cases.known),
        "with_gradient": int(found.nit),
        "violations": {},
        "reason": str(found.message),
        "failed": cases.failed,
        "history": history,
    }


# The last word.


def verified(task: Task, parameters: np.ndarray, solver: OpenFOAM) -> dict[str, Any]:
    """Lift and drag as found, then with the angle trimmed to the lift that was asked for."""
    wanted = float(np.asarray(task.conditions.lift)[0])
    return trimmed(scene_of(task, parameters), wanted, solver)


def trimmed(scene: FoilScene, wanted: float, solver: OpenFOAM) -> dict[str, Any]:
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


def contend(
    name: str, task: Task, model: str, quick: bool, others: list[dict[str, Any]]
) -> dict[str, Any]:
    """One contender from its start to its verification; `others` were before it."""
    through, optimizer = name.split(", ")
    if through == "openfoam":
        start = NAMES[0] if name.endswith(FROM) else "baseline"
        first = next(run for run in others if run["name"] == start)["parameters"]
        found = on_the_solver(task, np.asarray(first, float), quick)
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
            "seconds": run.get("seconds", 0.0),
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
        if "seconds" in run:
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
        optimizer = optimizer.removesuffix(FROM)
        entry = published(
            task,
            [*run["parameters"][:-1], run["working"]["trimmed_angle"]],
            SOLVER,
            by="invdesign",
            optimizer=optimizer,
            through="reference" if own else "learned",
            model=None if own else DEFAULT,
            seed=0,
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
            runs.append(contend(name, task, given.model, given.quick, runs))
            results = {"task_digest": digest, "summary": summary(runs), "runs": runs}
            publish(__file__, given, results)
            if not given.quick:
                write_results()
    show("airfoil: least drag at a lift of 0.5", summary(runs))


if __name__ == "__main__":
    main()
