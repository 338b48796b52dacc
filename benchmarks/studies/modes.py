"""How far a few numbers go on a task: CMA-ES over the amplitudes of its widest smooth shapes.

A task that needs its parameters is poor in few of them. Beside the scans of one and two numbers
(`invdesign scan`) this is the curve: the best of `--modes` 4 and 8 shapes, which of a chain are
close to cosines along it (`optimizers.widest_modes`), about straight chains and level blades,
searched for in the reference solver: whatever they cut through, and by default once more with
designs that fit ranked first.

    python -m benchmarks.studies.modes --tasks contain,ramp,maze
"""

import dataclasses
import itertools
import math
from typing import Any

import jax
import jax.numpy as jnp

from benchmarks._common import RESULTS, Kind, arguments, plain, publish, resolved, show
from invdesign import Problem, judge, solve
from invdesign.io._reading import read_json
from invdesign.optimizers import CMAES, AbstractOptimizer, InModes, widest_modes
from invdesign.spaces._product import places_of
from invdesign.studies._identity import task_digest
from invdesign.studies._optimizers._samplers import feasible_first
from invdesign.studies._registry import load_task

OPTIONS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("--tasks", {"default": "contain,ramp,maze"}),
    ("--modes", {"default": "4,8", "help": "numbers of shapes"}),
    ("--seeds", {"type": int, "default": 1}),
    ("--cutting", {"default": "yes,no", "help": "may designs miss constraints?"}),
    ("--evaluations", {"type": int, "default": 240, "help": "of all conditions optimized on"}),
    ("--std", {"type": float, "default": 0.3, "help": "first standard deviation of amplitudes"}),
)


def search(
    name: str, number: int, seed: int, evaluations: int, std: float, cutting: bool
) -> dict[str, Any]:
    """The best of `number` shapes, whatever it misses if `cutting`; 0 for one that misses else."""
    task = load_task(name)
    if cutting:
        task = dataclasses.replace(task, constraints=())
    chosen = resolved(name, Kind.REFERENCE, None)
    problem = Problem(task, chosen.problem.simulator)
    places = places_of(task.space)
    assert places is not None
    modes = widest_modes(places, most=number)
    population = 4 + int(3 * math.log(number))  # Hansen's advice
    middle = jnp.zeros(task.space.size)
    sampler: AbstractOptimizer = InModes(CMAES(population, initial_std=std), modes, middle)
    if task.constraints:
        sampler = feasible_first(sampler, problem)
    solution = solve(
        problem,
        sampler,
        key=jax.random.key(seed),
        max_steps=evaluations // population,
    )
    fits, latent = not solution.violations, jnp.asarray(solution.latent)
    return {
        "task": name,
        "task_digest": task_digest(load_task(name)),
        "modes": number,
        "seed": seed,
        "evaluations": evaluations,
        "std": std,
        "cutting": cutting,
        "fits": fits,
        "training_score": float(solution.score),
        "score": judge(latent, task, chosen.solver).score if fits else 0.0,
        "parameters": jnp.asarray(
            task.space.decode(jnp.asarray(solution.latent)).parameters
        ).tolist(),
    }


def main() -> None:
    given = arguments(__doc__, *OPTIONS)
    out = given.out = given.out or RESULTS / "modes.json"
    runs = read_json(out)["results"]["runs"] if out.exists() else []
    names = ["contain-lite"] if given.quick else given.tasks.split(",")
    numbers = [4] if given.quick else [int(each) for each in given.modes.split(",")]
    ways = [each == "yes" for each in given.cutting.split(",")]
    seeds = range(1 if given.quick else given.seeds)
    for name, cutting, number, seed in itertools.product(names, ways, numbers, seeds):
        if not (cutting or load_task(name).constraints):
            continue  # the same search
        evaluations = 16 if given.quick else given.evaluations
        mark = {
            "task": name,
            "task_digest": task_digest(load_task(name)),
            "modes": number,
            "seed": seed,
            "evaluations": evaluations,
            "std": given.std,
            "cutting": cutting,
        }
        if not any(mark.items() <= plain(run).items() for run in runs):
            runs.append(search(name, number, seed, evaluations, given.std, cutting))
            publish(__file__, given, {"runs": runs})
    keys = ("task", "cutting", "modes", "seed", "score", "training_score")
    show("the best of a few shapes", [{key: run[key] for key in keys} for run in runs])


if __name__ == "__main__":
    main()
