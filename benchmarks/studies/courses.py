"""Where the default descent of a watercourse ends from several starts, and for several goals.

The gradients that the default search makes in the water of the lite twin, from each start; then the
landscape under the task's own water on streams that nobody optimized on, as the flat one is. The
gradients that follow in a run, under the task's own water, cost as much again and are left out.
Each run is on disk when it ends: the same command goes on where it stopped.

    python -m benchmarks.studies.courses --options angle=0 angle=20 angle=45 angle=70
"""

import time
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from benchmarks._common import RESULTS, arguments, publish, show
from invdesign import judge, solve
from invdesign.io._reading import read_json
from invdesign.studies import Resolved, RunConfig, resolve, seeded_start
from invdesign.studies._identity import task_digest
from invdesign.studies._optimizers import Effort, contestant

OPTIONS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("--task", {"default": "watercourse-direction"}),
    ("--options", {"nargs": "*", "default": [""], "help": "of the task, a run each: a=1,b=2"}),
    ("--seeds", {"default": "0,1,2", "help": "of the starts; 0 is the task's own"}),
    ("--gradients", {"type": int, "default": 40, "help": "in the water of the lite twin"}),
    ("--learning-rate", {"type": float, "help": "in metres; the task's own by default"}),
)


def chosen(task: str, options: str) -> Resolved:
    """A task under its reference solver."""
    given = dict(pair.split("=", 1) for pair in options.split(";") if pair)
    return resolve(RunConfig(task=task, simulator="reference", options=given))


def judged(latent: Any, made: Resolved) -> dict[str, Any]:
    """Score and figures of a landscape on each stream that nobody optimized on."""
    found = judge(jnp.asarray(latent), made.task, made.solver)
    figures = {name: np.asarray(each).tolist() for name, each in found.metrics.items()}
    return {"score": found.score, "scores": np.asarray(found.scores).tolist(), "figures": figures}


def run(made: Resolved, seed: int, effort: Effort) -> dict[str, Any]:
    """A descent in the lite water, and what its landscape is worth in the task's own."""
    light = made.problem.lighter
    assert light is not None and effort.steps is not None
    optimizer: Any = contestant("coupled-adam", light, effort).optimizer
    start = seeded_start(made.task.space, seed)
    begun = time.perf_counter()
    found = solve(light, optimizer, key=jax.random.key(seed), max_steps=effort.steps, initial=start)
    return {
        "light_score": float(found.score),
        "value": float(np.min(found.history["value"])),
        "seconds": time.perf_counter() - begun,
        "history": {k: np.asarray(found.history[k]).tolist() for k in ("value", "score")},
        **judged(found.latent, made),
        "latent": np.asarray(found.latent).tolist(),
    }


def main() -> None:
    given = arguments(__doc__, *OPTIONS)
    steps = 1 if given.quick else given.gradients
    given.out = given.out or RESULTS / f"courses-{given.task}.json"
    runs = read_json(given.out)["results"]["runs"] if given.out.exists() else []
    effort = Effort(steps=steps, learning_rate=given.learning_rate)
    for options in given.options:
        made = chosen(given.task, options)
        mark = {
            "task": given.task, "options": options, "task_digest": task_digest(made.task),
            "gradients": steps, "learning_rate": given.learning_rate,
        }  # fmt: skip
        wanted = ["flat", *given.seeds.split(",")]
        for seed in wanted:
            found = {**mark, "start": seed}
            if any(found.items() <= _plain(each).items() for each in runs):
                continue
            if seed == "flat":
                measured = judged(made.task.space.initial(), made)
            else:
                measured = run(made, int(seed), effort)
            runs.append({**found, **measured})
            publish(__file__, given, {"runs": runs})
    columns = ("options", "start", "light_score", "score", "seconds")
    show(given.task, [{c: each.get(c, "") for c in columns} for each in runs])


def _plain(each: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in each.items() if not isinstance(value, list | dict)}


if __name__ == "__main__":
    main()
