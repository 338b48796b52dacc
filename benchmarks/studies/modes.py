"""How far a few numbers go on a task: CMA-ES over the amplitudes of its widest smooth shapes.

A task that needs its parameters is poor in few of them. Beside the scans of one and two numbers
(`invdesign scan`) this is the curve: the best of `--modes` 4 and 8 shapes, which of a chain are
close to cosines along it (`optimizers.widest_modes`), about straight chains and level blades,
searched for in the reference solver. Constraints are left out, so that designs may cut through
walls: what is poor even then is not poor for want of a repair.

    python -m benchmarks.studies.modes --tasks contain,ramp,maze
"""

import dataclasses
import math
from typing import Any

import jax
import jax.numpy as jnp

from benchmarks._common import RESULTS, Kind, arguments, plain, publish, resolved, show
from invdesign import Problem, judge, solve
from invdesign.io._reading import read_json
from invdesign.optimizers import CMAES, InModes, widest_modes
from invdesign.spaces._product import places_of
from invdesign.studies._identity import task_digest
from invdesign.studies._registry import load_task

OPTIONS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("--tasks", {"default": "contain,ramp,maze"}),
    ("--modes", {"default": "4,8", "help": "numbers of shapes"}),
    ("--seeds", {"type": int, "default": 2}),
    ("--evaluations", {"type": int, "default": 240, "help": "of all conditions optimized on"}),
    ("--std", {"type": float, "default": 0.3, "help": "first standard deviation of amplitudes"}),
)


def search(name: str, number: int, seed: int, evaluations: int, std: float) -> dict[str, Any]:
    """The best of `number` shapes, whatever it cuts through."""
    task = dataclasses.replace(load_task(name), constraints=())
    chosen = resolved(name, Kind.REFERENCE, None)
    problem = Problem(task, chosen.problem.simulator)
    places = places_of(task.space)
    assert places is not None
    modes = widest_modes(places, most=number)
    population = 4 + int(3 * math.log(number))  # Hansen's advice
    solution = solve(
        problem,
        InModes(CMAES(population, initial_std=std), modes, jnp.zeros(task.space.size)),
        key=jax.random.key(seed),
        max_steps=evaluations // population,
    )
    return {
        "task": name,
        "task_digest": task_digest(load_task(name)),
        "modes": number,
        "seed": seed,
        "evaluations": evaluations,
        "std": std,
        "training_score": float(solution.score),
        "score": judge(jnp.asarray(solution.latent), task, chosen.solver).score,
        "parameters": jnp.asarray(task.space.decode(solution.latent).parameters).tolist(),
    }


def main() -> None:
    given = arguments(__doc__, *OPTIONS)
    out = given.out = given.out or RESULTS / "modes.json"
    runs = read_json(out)["results"]["runs"] if out.exists() else []
    for name in ["contain-lite"] if given.quick else given.tasks.split(","):
        for number in [4] if given.quick else [int(each) for each in given.modes.split(",")]:
            for seed in range(1 if given.quick else given.seeds):
                evaluations = 16 if given.quick else given.evaluations
                mark = {
                    "task": name,
                    "task_digest": task_digest(load_task(name)),
                    "modes": number,
                    "seed": seed,
                    "evaluations": evaluations,
                    "std": given.std,
                }
                if not any(mark.items() <= plain(run).items() for run in runs):
                    runs.append(search(name, number, seed, evaluations, given.std))
                    publish(__file__, given, {"runs": runs})
    keys = ("task", "modes", "seed", "score", "training_score")
    show("the best of a few shapes", [{key: run[key] for key in keys} for run in runs])


if __name__ == "__main__":
    main()
