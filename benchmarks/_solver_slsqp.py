"""SciPy's SLSQP on simpleFoam itself: least drag at a lift, by one-sided differences."""

import dataclasses
import resource
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from scipy import optimize

from invdesign import Task
from invdesign.families.airfoil._reference import RESOLUTION
from invdesign.io._atomic import write_json
from invdesign.io._reading import read_json
from invdesign.reference import OpenFOAM
from invdesign.scenes import SectionScene
from invdesign.spaces import FFD

SOLVER = OpenFOAM(resolution=RESOLUTION)
_UNIT = 0.01  # parameters in the optimizer's eyes: hundredths of a chord and of a radian
_STEP = 0.05  # of the differences, in that unit
_MET = 1e-4  # by how much a demand may be missed
_CONVERGED, _PATIENCE = 1e-5, 5  # the least gain, of the drag, in so many iterations


def scene_of(task: Task, parameters: np.ndarray) -> SectionScene:
    """The scene of some parameters of the task's space, at its only point of flight."""
    space = task.space
    assert isinstance(space, FFD)
    surface = space.bend(jnp.asarray(parameters[:-1], jnp.float32))
    return SectionScene(surface, float(parameters[-1]))


class Cases:
    """simpleFoam's lift and drag of parameters, each solved once, many at a time.

    **Arguments:** `path`: a file of what is known, which grows with every batch.
    """

    def __init__(self, task: Task, solver: OpenFOAM, path: Path):
        self.task, self.solver, self.path = task, solver, path
        stored = read_json(path) if path.exists() else {}
        self.known = {bytes.fromhex(key): tuple(x) for key, x in stored.get("flows", {}).items()}
        self.asked: set[bytes] = set()  # in this search
        self.timed, self.cpu = stored.get("timed", 0), stored.get("core_seconds", 0.0)

    def __call__(self, rows: np.ndarray) -> np.ndarray:
        """Lift and drag of each row, in the optimizer's unit, `(row, 2)`."""
        new = [row for row in rows if row.tobytes() not in self.known]
        if new:
            self._solve(new)
        self.asked |= {row.tobytes() for row in rows}
        return np.asarray([self.known[row.tobytes()] for row in rows])

    def slopes(self, x: np.ndarray) -> np.ndarray:
        """Derivatives of lift and drag, `(2, parameter)`."""
        values = self(np.concatenate([x[None], x[None] + _STEP * np.eye(len(x))]))
        return (values[1:] - values[0]).T / _STEP

    def core_seconds(self) -> float | None:
        """Of all flows of this search, at the mean of those that were timed, or `None`."""
        return len(self.asked) * self.cpu / self.timed if self.timed else None

    def _solve(self, new: list[np.ndarray]) -> None:
        before = _core_seconds()
        scenes = [scene_of(self.task, row * _UNIT) for row in new]
        for row, result in zip(new, self.solver.solve_all(scenes), strict=True):
            # A line search goes back from a case without an answer as from a bad one.
            value = (result.lift, result.drag) if result.failure is None else (0.0, 1.0)
            self.known[row.tobytes()] = value
        self.cpu += _core_seconds() - before
        self.timed += len(new)
        flows = {key.hex(): x for key, x in self.known.items()}
        write_json(self.path, {"flows": flows, "timed": self.timed, "core_seconds": self.cpu})


def _core_seconds() -> float:
    """Of this process and of those that it has waited for."""
    done = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time() + done.ru_utime + done.ru_stime


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


@dataclasses.dataclass
class _Best:
    """The best section so far that meets all demands, and when a search may end."""

    lift: float
    parameters: np.ndarray | None = None
    drag: float = np.inf
    idle: int = 0

    def told(self, x: np.ndarray, lift: float, drag: float, shape: np.ndarray) -> None:
        """Of the section at the end of an iteration.

        **Raises:** `StopIteration` if nothing has been gained for a while.
        """
        meets = abs(lift - self.lift) <= _MET and shape.min() >= -_MET
        gained = meets and drag < (1 - _CONVERGED) * self.drag
        if meets and drag < self.drag:
            self.parameters, self.drag = x.copy(), drag
        self.idle = 0 if gained or self.parameters is None else self.idle + 1
        if self.idle >= _PATIENCE:
            raise StopIteration


def on_the_solver(cases: Cases, first: np.ndarray, *, most: int) -> dict[str, Any]:
    """SLSQP on simpleFoam from some parameters, for `most` iterations at most."""
    task, shape = cases.task, demands(cases.task)
    wanted = float(np.asarray(task.conditions.lift)[0])
    lower, upper = (np.asarray(bound, float) / _UNIT for bound in task.space.bounds())
    history: list[list[float]] = []
    best = _Best(wanted)

    def follow(x: np.ndarray) -> None:
        lift, drag = cases(x[None])[0]
        history.append([len(cases.asked), lift, drag])
        best.told(x, lift, drag, shape(x)[0])

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
        options={"maxiter": most, "ftol": _CONVERGED},
    )
    parameters = found.x if best.parameters is None else best.parameters
    return {
        "parameters": (parameters * _UNIT).tolist(),
        "seconds": cases.core_seconds(),
        "seconds_compiling": 0.0,
        "cpu": cases.core_seconds(),
        "evaluations": len(cases.asked),
        "with_gradient": int(found.nit),
        "violations": {},
        "reason": "no gain" if best.idle >= _PATIENCE else str(found.message),
        "failed": sum(cases.known[key][1] == 1.0 for key in cases.asked),
        "history": history,
    }
