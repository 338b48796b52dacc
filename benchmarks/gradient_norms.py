"""The norm of the exact gradient over the horizon, through a learned simulator and the solver.

What a rollout passes back is a product of Jacobians; a simulator that amplifies more than its
solver makes gradients useless long before its rollouts look wrong. Per task, the horizon
is cut to a quarter, half and all of its frames; the norms are those of the value's gradient in the
latent, nothing clipped, at the initial design and at the best known one, on unseen conditions.

    python benchmarks/gradient_norms.py
"""

import dataclasses
from typing import Any

import equinox as eqx
import jax
import numpy as np
from _common import arguments, publish, show

from invdesign import CheckpointAdjoint, Problem
from invdesign.cli._simulators import Kind, choose
from invdesign.studies import best_known, load_task

OPTIONS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("--tasks", {"default": "contain,ramp,maze"}),
    ("--model", {"default": "water2d", "help": "a pretrained model, or a weights file"}),
    ("--scenes", {"type": int, "default": 4}),
)
SHARES = (0.25, 0.5, 1.0)


@eqx.filter_jit
def gradient_norm(problem: Problem, latent: Any, condition: Any) -> Any:
    """Norm of the value's gradient on one condition; NaN if the simulation failed."""
    condition = jax.tree.map(lambda x: x[None], condition)
    found = problem.evaluate(latent, order=1, conditions=condition)
    norm = jax.numpy.linalg.norm(found.grad)
    return jax.numpy.where(found.result == 0, norm, jax.numpy.nan)


def designs(name: str) -> dict[str, Any]:
    """The latents that gradients are taken at."""
    space = load_task(name).space
    known = best_known(name)
    found = {"initial": space.initial()}
    return found if known is None else {**found, "best known": space.encode(known.parameters)}


def norms(name: str, kind: Kind, model: str, steps: int, scenes: int) -> dict[str, list[float]]:
    """Norms over `steps` frames, one a scene, for each design."""
    task = dataclasses.replace(load_task(name), num_steps=steps)
    simulator = choose(kind, model, task).simulator
    problem = Problem(task, simulator, CheckpointAdjoint(segment=1))
    conditions = [jax.tree.map(lambda x, i=i: x[i], task.unseen) for i in range(scenes)]
    return {
        where: [float(gradient_norm(problem, latent, condition)) for condition in conditions]
        for where, latent in designs(name).items()
    }


def main() -> None:
    given = arguments(__doc__, *OPTIONS)
    names = ["contain-lite"] if given.quick else given.tasks.split(",")
    scenes, shares = (1, SHARES[-1:]) if given.quick else (given.scenes, SHARES)
    rows: list[dict[str, Any]] = []
    for name in names:
        for share in shares:
            steps = round(share * load_task(name).num_steps)
            learned = norms(name, Kind.LEARNED, given.model, steps, scenes)
            solver = norms(name, Kind.REFERENCE, given.model, steps, scenes)
            for where in learned:
                row = {"task": name, "design": where, "frames": steps}
                row |= {"learned": learned[where], "solver": solver[where]}
                medians = float(np.median(row["learned"])), float(np.median(row["solver"]))
                row |= {"learned median": medians[0], "solver median": medians[1]}
                rows.append({**row, "ratio": medians[0] / medians[1]})
        publish(__file__, given, {"model": given.model, "rows": rows})
    lists = ("learned", "solver")
    shown = [{key: value for key, value in row.items() if key not in lists} for row in rows]
    show("norm of the exact gradient, medians over scenes", shown)


if __name__ == "__main__":
    main()
