"""Where the default descent of a watercourse ends from several starts, and for several goals.

The gradients that the default search makes in the water of the lite twin, from each start; then the
landscape under the task's own water on streams that nobody optimized on, as the flat one is. The
gradients that follow in a run, under the task's own water, cost more than all of these: `--further`
says how many are made, `--finer` how many after them at twice the solver's resolution, as
`invdesign run --resolution 2` makes them. `--optimizer modes-cmaes` searches in the lite water by
sampling instead. Each run is on disk when it ends, its landscape as the text that `packed` makes of
it: the same command goes on where it stopped.

    python -m benchmarks.studies.courses --options angle=0 angle=20 angle=45 angle=70
    python -m benchmarks.studies.courses --task watercourse-pools-2 --optimizer modes-cmaes \\
        --further 10 --finer 6 --learning-rate 0.006 --width 0.15
"""

import dataclasses
import time
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from benchmarks._common import RESULTS, arguments, packed, plain, publish, show, unpacked
from invdesign import Problem, judge, solve
from invdesign.io._reading import read_json
from invdesign.studies import Resolved, RunConfig, resolve, seeded_start
from invdesign.studies._identity import task_digest
from invdesign.studies._optimizers import Effort, contestant

OPTIONS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("--task", {"default": "watercourse-direction"}),
    ("--options", {"nargs": "*", "default": [""], "help": "of the task, a run each: a=1;b=2"}),
    ("--starts", {"default": "flat,0,1,2", "help": "seeds, 0 for the task's own; flat as it is"}),
    ("--gradients", {"type": int, "default": 40, "help": "in the water of the lite twin"}),
    ("--optimizer", {"help": "a sampling method in place of the descent, such as modes-cmaes"}),
    ("--iterations", {"type": int, "default": 50, "help": "of that one"}),
    ("--further", {"type": int, "default": 0, "help": "gradients under the task's own water"}),
    ("--finer", {"type": int, "default": 0, "help": "gradients at twice the resolution"}),
    ("--learning-rate", {"type": float, "help": "in metres; the task's own by default"}),
    ("--decay", {"action": "store_true", "help": "let the rate fall along half a cosine"}),
    ("--width", {"type": float, "help": "within which neighbors move together at first"}),
)
_DESCENT, _FINER = "coupled-adam", 2


def chosen(task: str, options: str) -> Resolved:
    """A task under its reference solver."""
    given = dict(pair.split("=", 1) for pair in options.split(";") if pair)
    return resolve(RunConfig(task=task, simulator="reference", options=given))


def judged(latent: Any, made: Resolved, *, factor: int = 1) -> dict[str, Any]:
    """Score and figures of a landscape on each stream that nobody optimized on.

    Under `factor` times the solver's resolution; their names say "fine" where that is not 1.
    """
    solver, kind = (made.solver, "") if factor == 1 else (made.solver.refined(factor), "fine_")
    found = judge(jnp.asarray(latent), made.task, solver)
    return {
        f"{kind}score": found.score,
        f"{kind}scores": np.asarray(found.scores).tolist(),
        f"{kind}figures": {name: np.asarray(each).tolist() for name, each in found.metrics.items()},
    }


def run(
    problem: Problem, made: Resolved, seed: int, effort: Effort, start: Any, name: str
) -> dict[str, Any]:
    """A search, and what its landscape is worth in the task's own water."""
    optimizer: Any = contestant(name, problem, effort).optimizer
    key, steps, begun = jax.random.key(seed), effort.steps, time.perf_counter()
    found = solve(problem, optimizer, key=key, max_steps=steps, initial=start)
    return {
        "training": float(found.score),
        "value": float(np.min(found.history["value"])),
        "charged_steps": found.charged_steps,
        "seconds": time.perf_counter() - begun,
        "history": {k: np.asarray(found.history[k]).tolist() for k in ("value", "score")},
        **judged(found.latent, made),
        "latent": packed(found.latent),
    }


def finer_run(
    problem: Problem, made: Resolved, seed: int, effort: Effort, start: Any
) -> dict[str, Any]:
    """Gradients at twice the resolution; what both make of the landscape, and of the one before."""
    fine = dataclasses.replace(problem, simulator=problem.simulator.refined(_FINER))
    before = judged(start, made, factor=_FINER)
    found = run(fine, made, seed, effort, start, _DESCENT)
    after = judged(unpacked(found["latent"]), made, factor=_FINER)
    return {**found, **after, "fine_score_before": before["fine_score"]}


def main() -> None:
    given = arguments(__doc__, *OPTIONS)
    steps = 1 if given.quick else given.gradients
    given.out = given.out or RESULTS / f"courses-{given.task}.json"
    runs = read_json(given.out)["results"]["runs"] if given.out.exists() else []
    for options in given.options:
        made = chosen(given.task, options)
        mark = {
            "task": given.task, "options": options, "task_digest": task_digest(made.task),
        }  # fmt: skip

        def once(found: dict[str, Any], measure: Any) -> dict[str, Any]:
            """What is stored of a run, or else what it measures."""
            stored = next((r for r in runs if found.items() <= plain(r).items()), None)
            if stored is None:
                runs.append(stored := {**found, **measure()})
                publish(__file__, given, {"runs": runs})
            return stored

        own, light = dataclasses.replace(made.problem, lighter=None), made.problem.lighter
        space = made.task.space
        assert light is not None
        knobs: dict[str, Any] = {
            "learning_rate": given.learning_rate,
            "width": given.width,
            "decay": given.decay,
        }
        for name in given.starts.split(","):
            if name == "flat":
                once({**mark, "start": name}, partial(judged, space.initial(), made))
                continue
            seed = int(name)
            start = seeded_start(space, seed)
            if given.optimizer:
                number = 1 if given.quick else given.iterations
                found = {**mark, "start": name, "optimizer": given.optimizer, "iterations": number}
                effort, method = Effort(steps=number), given.optimizer
            else:
                found = {**mark, **knobs, "start": name, "gradients": steps}
                effort, method = Effort(steps=steps, **knobs), _DESCENT
            found = {**found, "further": 0}
            last = once(found, partial(run, light, made, seed, effort, start, method))
            if given.further:
                start = jnp.asarray(unpacked(last["latent"]))
                found = {**found, **knobs, "further": given.further}
                effort = Effort(steps=given.further, **knobs)
                last = once(found, partial(run, own, made, seed, effort, start, _DESCENT))
            if given.finer:
                start = jnp.asarray(unpacked(last["latent"]))
                found = {**found, **knobs, "finer": given.finer}
                effort = Effort(steps=given.finer, **knobs)
                once(found, partial(finer_run, own, made, seed, effort, start))
    columns = (
        "options", "optimizer", "start", "further", "finer", "score", "fine_score", "seconds",
    )  # fmt: skip
    show(given.task, [{c: each.get(c, "") for c in columns} for each in runs])


if __name__ == "__main__":
    main()
