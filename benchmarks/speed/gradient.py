"""Time and temporary memory of a rollout and of its gradient, for each adjoint and horizon.

The default water model in `contain`'s scene; the value is `contain`'s Gaussian reward at the end
of the rollout, the gradient that with respect to the 16 joint angles. Memory is what the compiled
program's own analysis says it needs beside inputs and outputs.

    python -m benchmarks.speed.gradient
"""

import dataclasses
from functools import partial

import equinox as eqx

from benchmarks._common import arguments, interleaved, milliseconds, publish, show, temporary_bytes
from invdesign import RESULTS, CheckpointAdjoint, ClippedAdjoint, DirectAdjoint, Problem
from invdesign.studies._registry import load_task
from invdesign.studies._resolve import load_simulator

_FULL = RESULTS.capacity_exceeded.value
HORIZONS = (50, 100, 300)
ADJOINTS = {
    "Direct": DirectAdjoint(),
    "Checkpoint, every step": CheckpointAdjoint(segment=1),
    "Checkpoint, sqrt T": CheckpointAdjoint(),
    "Clipped": ClippedAdjoint(0.03),
}


def evaluation(problem: Problem, latent, *, order: int):
    """A value, or a value with its gradient."""
    return problem.evaluate(latent, order=order)


def compiled(problem: Problem, latent, *, order: int):
    """The program of a value, or of a value with its gradient."""
    return eqx.filter_jit(partial(evaluation, order=order)).lower(problem, latent).compile()


def with_room(problem: Problem, latent) -> Problem:
    """The problem with as much capacity as its rollout needs, as the driver would grow it."""
    while int(compiled(problem, latent, order=0)(problem, latent).result) == _FULL:
        problem = problem.grow(2)
    return problem


def measure(problem: Problem, adjoints: dict, repeats: int) -> dict:
    """Times and memory of one horizon; a value alone is the same under every adjoint."""
    latent = problem.task.space.initial()
    problem = with_room(problem, latent)
    own = {name: dataclasses.replace(problem, adjoint=adjoints[name]) for name in adjoints}
    programs = {name: compiled(own[name], latent, order=1) for name in adjoints}
    calls = {name: partial(programs[name], own[name], latent) for name in adjoints}
    forward = compiled(problem, latent, order=0)
    times = interleaved({"": partial(forward, problem, latent), **calls}, repeats=repeats)
    return {
        name: {
            "forward": times[""],
            "gradient": times[name],
            "gradient_over_forward": {
                key: times[name][key] / times[""][key] for key in ("min", "median", "cpu")
            },
            "forward_bytes": temporary_bytes(forward),
            "gradient_bytes": temporary_bytes(programs[name]),
            "result": int(calls[name]().result),
        }
        for name in adjoints
    }


def main() -> None:
    given = arguments(
        __doc__, ("--horizons", {"type": int, "nargs": "+", "default": HORIZONS, "help": "steps"})
    )
    horizons = (5,) if given.quick else tuple(given.horizons)
    task = load_task("contain-lite" if given.quick else "contain")
    model, _ = load_simulator("water2d")
    results, rows = {}, []
    for horizon in horizons:
        problem = Problem(dataclasses.replace(task, num_steps=horizon), model)
        results[horizon] = measure(problem, ADJOINTS, 1 if given.quick else 5)
        direct = results[horizon]["Direct"]["gradient_bytes"]
        for name, found in results[horizon].items():
            rows.append(
                {
                    "adjoint": name,
                    "steps": horizon,
                    "forward (ms)": milliseconds(found["forward"]),
                    "gradient (ms)": milliseconds(found["gradient"]),
                    "ratio": found["gradient_over_forward"]["min"],
                    "memory (MB)": found["gradient_bytes"] / 1e6,
                    "of Direct": f"{found['gradient_bytes'] / direct:.3f}",
                }
            )
    show("Rollouts and gradients of the default model (min / median)", rows)
    publish(__file__, given, results)


if __name__ == "__main__":
    main()
