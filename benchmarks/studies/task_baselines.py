"""How hard the tasks are under the reference solver.

For each task: the scores of the initial design, of no tool at all and of random tools, whatever
constraints these miss.

    python -m benchmarks.studies.task_baselines contain ramp maze

Scores are those on unseen conditions, except where a key says "training". Random tools are first
ranked by their score on the first training condition; the best `--shortlist` of them are judged
on all unseen ones, and the best of these is reported.
"""

import argparse
import time
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np

from benchmarks._common import arguments, publish, show
from invdesign import Problem, Task
from invdesign.reference import MPM
from invdesign.spaces import AbstractSpace, SegmentDesign
from invdesign.studies._identity import task_digest
from invdesign.studies._registry import load_task


class Nothing(AbstractSpace[SegmentDesign]):
    """A single tool that is out of reach, ten metres off: no tool at all."""

    size: int = eqx.field(static=True, default=1)

    def initial(self):
        return jnp.zeros(1)

    def sample(self, *, key):
        return jnp.zeros(1)

    def decode(self, latent):
        segment = jnp.asarray([[[10.0, 10.0], [10.1, 10.0]]], latent.dtype)
        return SegmentDesign(latent, segment, jnp.full((1,), 0.015, latent.dtype))

    def encode(self, parameters):
        return jnp.asarray(parameters, float)


@eqx.filter_jit
def score(problem: Problem, latent, conditions):
    """Mean score over `conditions`, one after another: the quickest way on a CPU."""

    def one(condition):
        condition = jax.tree.map(lambda x: x[None], condition)
        evaluation = problem.evaluate(latent, order=0, conditions=condition)
        return jnp.where(evaluation.result == 0, evaluation.score, 0.0)

    return jax.lax.map(one, conditions).mean()


def random_tools(problem: Problem, *, num: int, shortlist: int, seed: int) -> dict[str, Any]:
    """Scores of `num` random tools, and the best unseen score among the shortlist."""
    task = problem.task
    first = jax.tree.map(lambda x: x[:1], task.conditions)
    keys = jax.random.split(jax.random.key(seed), num)
    latents = [task.space.sample(key=key) for key in keys]
    training = np.array([score(problem, latent, first) for latent in latents])
    best = [latents[i] for i in np.argsort(-training)[:shortlist]]
    unseen = [float(score(problem, latent, task.unseen)) for latent in best]
    return {
        "num": num,
        "best": max(unseen),
        "training_best": float(training.max()),
        "training_median": float(np.median(training)),
    }


def measure(name: str, given: argparse.Namespace) -> dict[str, Any]:
    """All baselines of one task."""
    task: Task = load_task(name)
    problem = Problem(task, MPM())
    nothing = Problem(eqx.tree_at(lambda t: t.space, task, Nothing()), MPM())
    start = time.perf_counter()
    row = {
        "task_digest": task_digest(task),
        "initial": float(score(problem, task.space.initial(), task.unseen)),
        "no_tool": float(score(nothing, jnp.zeros(1), task.unseen)),
        "random": random_tools(
            problem, num=given.random, shortlist=given.shortlist, seed=given.seed
        ),
    }
    row["seconds"] = round(time.perf_counter() - start, 1)
    return row


OPTIONS = (
    ("tasks", {"nargs": "+", "metavar": "TASK"}),
    ("--random", {"type": int, "default": 50, "help": "how many random tools"}),
    ("--shortlist", {"type": int, "default": 3, "help": "how many are judged on unseen"}),
    ("--seed", {"type": int, "default": 0}),
)


def main() -> None:
    given = arguments(__doc__, *OPTIONS)
    if given.quick:
        given.random, given.shortlist = 2, 1
    tasks = {name: measure(name, given) for name in given.tasks}
    rows = [
        {
            "task": name,
            "initial": row["initial"],
            "no tool": row["no_tool"],
            f"best of {given.random} random tools": row["random"]["best"],
        }
        for name, row in tasks.items()
    ]
    show("Scores on unseen conditions under the reference solver", rows)
    publish(__file__, given, {"tasks": tasks})


if __name__ == "__main__":
    main()
