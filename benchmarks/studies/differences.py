"""Do a reference solver's own differences agree over step sizes, from a task's start to its best?

Central differences of the value over the unseen conditions, with steps that move the scene by 1, 3
and 10 mm: an obstacle's corner, or what a speed adds up to over the whole trajectory. Where their
directions agree, the value is smooth enough for a gradient to mean something. At a minimum it is
not the solver that makes them differ, but that there is no slope; its norm stands beside it.

    python -m benchmarks.studies.differences --task ball-chute
"""

import dataclasses
import itertools
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np

from benchmarks._common import Kind, arguments, publish, resolved, show
from invdesign import Task
from invdesign.studies import best_known

STEPS = (1e-3, 3e-3, 1e-2)  # m
OPTIONS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("--task", {"default": "ball-chute"}),
    ("--shares", {"default": "0,0.25,0.5,0.75,1", "help": "of the way to the best known design"}),
)


def unbounded(task: Task) -> Task:
    """The task with room beyond the bounds of its space, so that steps lead over them."""
    space: Any = task.space
    wide = space.upper - space.lower
    wider = dataclasses.replace(space, lower=space.lower - wide, upper=space.upper + wide)
    return dataclasses.replace(task, space=wider)


def moved(task: Task, parameters: Any) -> np.ndarray:
    """By how many metres one unit of each parameter moves the scene, `(parameter,)`."""
    start = jax.tree.map(lambda x: x[0], task.unseen)

    def places(latent: Any) -> tuple[Any, Any]:
        design = task.space.decode(latent)
        scene = task.build(design, start)
        seconds = 0.01 * task.num_steps  # frames are of 10 ms
        shapes = [x for x in jax.tree.leaves(scene.obstacles) if jnp.ndim(x) > 1]
        points = [x.reshape(-1, x.shape[-1]) for x in (*shapes, seconds * scene.velocity)]
        return jnp.concatenate(points), design.parameters

    points, own = jax.jacfwd(places)(task.space.encode(parameters))
    return np.linalg.norm(points, axis=1).max(axis=0) / np.diag(own)


class Played:
    """Values of designs under the reference solver. **Arguments:** `task`; `solver`."""

    def __init__(self, task: Task, solver: Any):
        self.task, self.solver = task, solver
        number = len(jax.tree.leaves(task.unseen)[0])
        self.starts = [jax.tree.map(lambda x, i=i: x[i], task.unseen) for i in range(number)]
        self.objective = eqx.filter_jit(task.objective)

    def __call__(self, parameters: np.ndarray) -> float:
        space = self.task.space
        design = space.decode(space.encode(jnp.asarray(parameters)))
        scenes = [self.task.build(design, start) for start in self.starts]
        found = self.solver.trajectories(scenes, num_steps=self.task.num_steps)
        return float(np.mean([self.objective(each, design) for each in found]))

    def slope(self, parameters: np.ndarray, steps: np.ndarray) -> np.ndarray:
        """Central differences a metre that the scene moves by."""
        ends = [
            self(parameters + way * step)
            for step, way in itertools.product((1, -1), np.diag(steps))
        ]
        ahead, behind = np.split(np.asarray(ends), 2)
        return 0.5 * (ahead - behind)


def main() -> None:
    given = arguments(__doc__, *OPTIONS)
    chosen = resolved(given.task, Kind.LEARNED, None)
    task = unbounded(chosen.problem.task)
    value, space = Played(task, chosen.solver), chosen.problem.task.space
    first = np.asarray(space.decode(space.initial()).parameters, np.float64)
    known = best_known(given.task)
    last = first if known is None else np.asarray(known.parameters, np.float64)
    rows: list[dict[str, Any]] = []
    for share in [0.0] if given.quick else map(float, given.shares.split(",")):
        parameters = first + share * (last - first)
        metres = np.maximum(moved(task, parameters), 1e-6)
        slopes = [value.slope(parameters, step / metres) / step for step in STEPS]
        row: dict[str, Any] = {"share of the way": share, "value": value(parameters)}
        for (one, ours), (other, theirs) in itertools.combinations(enumerate(slopes), 2):
            cosine = ours @ theirs / np.linalg.norm(ours) / np.linalg.norm(theirs)
            row[f"{1e3 * STEPS[one]:g} and {1e3 * STEPS[other]:g} mm"] = float(cosine)
        row["norm a metre, over 3 mm"] = float(np.linalg.norm(slopes[1]))
        rows.append(row)
        publish(__file__, given, {"task": given.task, "rows": rows})
    show(f"{given.task}: cosines of the reference solver's own differences", rows)


if __name__ == "__main__":
    main()
