"""The norm of the exact gradient over the horizon, through a learned simulator and the solver.

What a rollout passes back is a product of Jacobians; a simulator that amplifies more than its
solver makes gradients useless long before its rollouts look wrong. Per task, the horizon
is cut to a quarter, half and all of its frames; the norms are those of the value's gradient in the
latent, nothing clipped, at the initial design and at the best known one, on unseen conditions. Over
all frames they are also taken where descents begin and end: at random designs of the task, and at
the first champions that `optimizers.py` has stored for the coupled descent through the model. (At
a best known design that was found through the solver, its gradient has vanished by right.)

    python -m benchmarks.studies.gradient_norms
"""

import dataclasses
from typing import Any

import equinox as eqx
import jax
import numpy as np

from benchmarks._common import RESULTS, Kind, arguments, publish, resolved, show
from invdesign import CheckpointAdjoint, Problem
from invdesign.io._reading import read_json
from invdesign.studies import best_known
from invdesign.studies._registry import load_task

OPTIONS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("--tasks", {"default": "contain,ramp,maze"}),
    ("--model", {"default": "water2d", "help": "a pretrained model, or a weights file"}),
    ("--scenes", {"type": int, "default": 4}),
    ("--designs", {"type": int, "default": 5, "help": "that are drawn, and ends of descents"}),
)
SHARES = (0.25, 0.5, 1.0)


@eqx.filter_jit
def gradient_norm(problem: Problem, latent: Any, condition: Any) -> Any:
    """Norm of the value's gradient on one condition; NaN if the simulation failed."""
    condition = jax.tree.map(lambda x: x[None], condition)
    found = problem.evaluate(latent, order=1, conditions=condition)
    norm = jax.numpy.linalg.norm(found.grad)
    return jax.numpy.where(found.result == 0, norm, jax.numpy.nan)


def designs(name: str) -> dict[str, list[Any]]:
    """The latents that gradients are taken at over each horizon."""
    space = load_task(name).space
    known = best_known(name)
    found = {"initial": [space.initial()]}
    return found if known is None else {**found, "best known": [space.encode(known.parameters)]}


def visited(name: str, number: int) -> dict[str, list[Any]]:
    """Latents where descents begin and end: drawn, and the champions of `optimizers.py`."""
    keys = jax.random.split(jax.random.key(0), number)
    found = {"random": [load_task(name).space.sample(key=key) for key in keys]}
    path = RESULTS / f"optimizers-{name}-learned.json"
    runs = read_json(path)["results"]["runs"] if path.exists() else []
    ends = [jax.numpy.asarray(r["latent"]) for r in runs if r["optimizer"] == "coupled-adam"]
    return {**found, "ends of descents": ends[:number]} if ends else found


def norms(
    name: str, kind: Kind, model: str, steps: int, scenes: int, where: dict[str, list[Any]]
) -> dict[str, list[list[float]]]:
    """Norms over `steps` frames, a list of one a scene for each latent of each kind."""
    task = dataclasses.replace(load_task(name), num_steps=steps)
    simulator = resolved(name, kind, model).simulator
    problem = Problem(task, simulator, CheckpointAdjoint(segment=1))
    conditions = [jax.tree.map(lambda x, i=i: x[i], task.unseen) for i in range(scenes)]
    return {
        design: [[float(gradient_norm(problem, z, c)) for c in conditions] for z in latents]
        for design, latents in where.items()
    }


def row(name: str, design: str, steps: int, learned: Any, solver: Any) -> dict[str, Any]:
    """Medians over designs and scenes, and of a design's own ratio of medians over scenes."""
    medians = {"learned median": float(np.median(learned))}
    medians |= {"solver median": float(np.median(solver))}
    ratios = np.median(learned, axis=1) / np.median(solver, axis=1)
    return {
        "task": name,
        "design": design,
        "frames": steps,
        "learned": learned,
        "solver": solver,
        **medians,
        "ratio": medians["learned median"] / medians["solver median"],
        "ratios": [float(ratio) for ratio in ratios],
    }


def main() -> None:
    given = arguments(__doc__, *OPTIONS, cached=True)
    names = ["contain-lite"] if given.quick else given.tasks.split(",")
    scenes, shares = (1, SHARES[-1:]) if given.quick else (given.scenes, SHARES)
    rows: list[dict[str, Any]] = []
    for name in names:
        for share in shares:
            steps = round(share * load_task(name).num_steps)
            where = designs(name)
            if share == SHARES[-1] and not given.quick:
                where |= visited(name, given.designs)
            learned = norms(name, Kind.LEARNED, given.model, steps, scenes, where)
            solver = norms(name, Kind.REFERENCE, given.model, steps, scenes, where)
            rows += [row(name, w, steps, learned[w], solver[w]) for w in where]
        publish(__file__, given, {"model": given.model, "rows": rows})
    lists = ("learned", "solver")
    shown = [{key: value for key, value in row.items() if key not in lists} for row in rows]
    show("norm of the exact gradient, medians over designs and scenes", shown)


if __name__ == "__main__":
    main()
