"""What gradients are worth among hundreds of heights: a descent, its control, and samplers.

Methods search a watercourse task through its reference solver on equal charged budgets: the default
descent; the same descent told of random directions in place of its gradients; CEM and separable
CMA-ES on all heights, CMA-ES on the amplitudes of 8 x 8 cosines and on those of the 64 widest
modes of the descent's own kernel, each at four first standard deviations; random search; and every
other optimizer of the command line by its name, as it is set there. A lite twin's water can run
over as many heights as the full task has (`--nodes`). Each run is on disk when it ends: the same
command goes on where it stopped, and further methods and seeds are added.

    python -m benchmarks.studies.landscapes --nodes 25
    python -m benchmarks.studies.landscapes --nodes 25 --methods adam,lbfgs,multistart-adam
"""

import dataclasses
from collections.abc import Iterator, Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from benchmarks._common import RESULTS, Kind, arguments, packed, plain, publish, resolved, show
from benchmarks.studies.optimizers import settings_of
from invdesign import Problem, Task, judge, solve
from invdesign.families.watercourse import hills
from invdesign.io._reading import read_json
from invdesign.optimizers import (
    CEM,
    CMAES,
    AbstractOptimizer,
    InModes,
    RandomSearch,
    widest_modes,
)
from invdesign.spaces import HeightField
from invdesign.studies import seeded_start
from invdesign.studies._identity import task_digest
from invdesign.studies._optimizers import Effort, contestant

OPTIONS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("--task", {"default": "watercourse-direction-lite"}),
    ("--nodes", {"type": int, "help": "heights a side; the task's own by default"}),
    ("--methods", {"default": "descent,control,cem,separable,cosines,kernel,random"}),
    ("--seeds", {"type": int, "default": 1}),
    ("--gradients", {"type": float, "default": 24.0, "help": "the budget, in gradients"}),
    ("--stds", {"default": "0.1,0.25,0.5,1", "help": "first ones of sampling methods"}),
)
_SAMPLERS = ("cem", "separable", "cosines", "kernel", "random")  # with settings of this study
_MODES = 8  # along either side


def cosines(nodes: int) -> np.ndarray:
    """Modes of so many cosines along x times as many along z, `(nodes * nodes, modes)`."""
    place = (np.arange(nodes) + 0.5) / nodes
    line = np.cos(np.pi * place[:, None] * np.arange(_MODES)[None])
    line /= np.linalg.norm(line, axis=0)
    modes = np.einsum("xi,zj->xzij", line, line).reshape(nodes**2, _MODES**2)
    return modes * nodes / _MODES


def with_nodes(task: Task, nodes: int | None) -> Task:
    """A task on a finer landscape, the same hills under it."""
    if nodes is None:
        return task
    build: Any = task.build
    space: Any = task.space
    return dataclasses.replace(
        task,
        name=f"{task.name}, {nodes} x {nodes}",
        space=HeightField(nodes, amplitude=space.amplitude),
        build=dataclasses.replace(build, base=hills(nodes)),
    )


def searches(
    name: str, problem: Problem, effort: Effort, stds: Sequence[float]
) -> Iterator[AbstractOptimizer]:
    """What a method searches with, once a setting."""
    space: Any = problem.task.space
    own = {"descent": "coupled-adam", "control": "coupled-adam-random"}.get(name, name)
    if name not in _SAMPLERS:
        other: Any = contestant(own, problem, effort).optimizer
        yield other
    elif name == "random":
        yield RandomSearch(16, sample=space.sample)
    elif name == "cem":
        for std in stds:
            yield CEM(16, 4, initial_std=std)
    elif name == "separable":
        for std in stds:
            yield CMAES(initial_std=std, separable=True)
    else:
        modes = cosines(space.nodes) if name == "cosines" else widest_modes(space.places())
        for std in stds:
            yield InModes(CMAES(initial_std=std), modes)


def run(
    problem: Problem, optimizer: AbstractOptimizer, solver: Any, seed: int, budget: float
) -> dict[str, Any]:
    """One search from one start; seed 0 begins at the task's own."""
    start = seeded_start(problem.task.space, seed)
    solution = solve(problem, optimizer, key=jax.random.key(seed), budget=budget, initial=start)
    judged = judge(jnp.asarray(solution.latent), problem.task, solver)
    return {
        "training": float(solution.score),
        "score": judged.score,
        "landed": float(judged.metrics["landed"].mean()),
        "value": float(np.min(solution.history["value"])),
        "charged_steps": solution.charged_steps,
        "seconds": solution.seconds,
        "scores": np.asarray(solution.history["score"]).tolist(),
        "charged": np.asarray(solution.history["charged_steps"]).tolist(),
        "latent": packed(solution.latent),
    }


def main() -> None:
    given = arguments(__doc__, *OPTIONS)
    chosen = resolved(given.task, Kind.REFERENCE, None)
    task = with_nodes(chosen.problem.task, given.nodes)
    problem = dataclasses.replace(chosen.problem, task=task)
    gradients = 1 if given.quick else given.gradients
    budget = gradients * problem.gradient_cost * problem.steps_per_evaluation
    effort = Effort(budget=budget, steps=int(gradients))
    given.out = given.out or RESULTS / f"landscapes-{given.task}-{task.space.size}.json"
    mark = {"task": task.name, "task_digest": task_digest(task), "budget": budget}
    runs = read_json(given.out)["results"]["runs"] if given.out.exists() else []
    stds = [float(std) for std in given.stds.split(",")]
    methods = ["descent", "random"] if given.quick else given.methods.split(",")
    for name in methods:
        for optimizer in searches(name, problem, effort, stds):
            for seed in range(given.seeds):
                found = {"method": name, "setting": settings_of(optimizer), "seed": seed, **mark}
                if not any(found.items() <= plain(each).items() for each in runs):
                    runs.append({**found, **run(problem, optimizer, chosen.solver, seed, budget)})
                    publish(__file__, given, {"runs": runs})
    columns = ("method", "setting", "seed", "training", "score", "landed", "seconds")
    mine = [each for each in runs if mark.items() <= plain(each).items()]
    shown = sorted(mine, key=lambda each: -each["score"])
    show(
        f"{task.name}: {budget:g} charged steps a run", [{c: r[c] for c in columns} for r in shown]
    )


if __name__ == "__main__":
    main()
