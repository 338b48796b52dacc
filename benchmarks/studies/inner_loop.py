"""Which inner loop is cheaper on this machine: the learned simulator or the solver itself?

A value and a value with its gradient of one rollout of a task, through the default model as the
command line descends through it, and through the MPM, in turns. In two dimensions with a few
hundred to a thousand particles on a CPU the solver may well be the quicker one.

    python -m benchmarks.studies.inner_loop
"""

from functools import partial

import equinox as eqx

from benchmarks._common import (
    Kind,
    arguments,
    interleaved,
    publish,
    resolved,
    show,
    temporary_bytes,
)
from invdesign import RESULTS, Problem
from invdesign.studies._registry import load_task


def evaluation(problem: Problem, latent, *, order: int):
    """A value, or a value with its gradient."""
    return problem.evaluate(latent, order=order)


def compiled(problem: Problem, latent, *, order: int):
    """Its program."""
    return eqx.filter_jit(partial(evaluation, order=order)).lower(problem, latent).compile()


def main() -> None:
    options = (
        ("--task", {"default": "contain"}),
        ("--model", {"default": "water2d", "help": "a pretrained model, or a weights file"}),
        ("--repeats", {"type": int, "default": 7}),
    )
    given = arguments(__doc__, *options)
    task = load_task("contain-lite" if given.quick else given.task)
    latent = task.space.initial()
    calls, memory = {}, {}
    for kind in Kind:
        problem = resolved(task.name, kind, given.model).problem
        value = compiled(problem, latent, order=0)
        while int(value(problem, latent).result) == RESULTS.capacity_exceeded:
            problem = problem.grow(2)
            value = compiled(problem, latent, order=0)
        gradient = compiled(problem, latent, order=1)
        calls[kind.value, "value"] = partial(value, problem, latent)
        calls[kind.value, "gradient"] = partial(gradient, problem, latent)
        memory[kind.value] = temporary_bytes(gradient)
    times = interleaved(calls, repeats=2 if given.quick else given.repeats)
    results = {
        kind.value: {
            "value": times[kind.value, "value"],
            "gradient": times[kind.value, "gradient"],
            "gradient_cost": times[kind.value, "gradient"]["min"]
            / times[kind.value, "value"]["min"],
            "gradient_bytes": memory[kind.value],
        }
        for kind in Kind
    }
    rows = [
        {
            "descends through": name,
            "value (s)": row["value"]["min"],
            "with gradient (s)": row["gradient"]["min"],
            "gradient cost": row["gradient_cost"],
            "memory (MB)": row["gradient_bytes"] / 1e6,
        }
        for name, row in results.items()
    ]
    steps = task.num_steps
    show(f"{task.name}: one rollout of {steps} frames, least time of the repeats", rows)
    publish(__file__, given, {"task": task.name, "num_steps": steps, **results})


if __name__ == "__main__":
    main()
