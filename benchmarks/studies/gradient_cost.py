"""What a gradient costs beside a value, for every world: measured, and as budgets charge it.

A comparison on equal budgets is as fair as the declared cost is true. Value and gradient are
compiled as a search compiles them, and timed in turn in one run.

    python -m benchmarks.studies.gradient_cost
"""

from functools import partial
from typing import Any

from benchmarks._common import (
    RESULTS,
    Kind,
    arguments,
    interleaved,
    milliseconds,
    publish,
    resolved,
    show,
)
from benchmarks.speed.gradient import compiled, with_room
from invdesign.io._reading import read_json

_SECONDS = 10.0  # a world, at least
WORLDS = (
    ("contain", Kind.LEARNED),
    ("contain", Kind.REFERENCE),
    ("airfoil", Kind.LEARNED),
    ("flick", Kind.LEARNED),
    ("flick", Kind.REFERENCE),
    ("ks-steer", Kind.LEARNED),
    ("ks-steer", Kind.REFERENCE),
    ("watercourse-direction", Kind.REFERENCE),
)
OPTIONS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("--tasks", {"help": "of some worlds alone, separated by commas; others stay as they are"}),
)


def main() -> None:
    given = arguments(__doc__, *OPTIONS)
    results = {}
    worlds = (("ks-steer", Kind.REFERENCE),) if given.quick else WORLDS
    if given.tasks is not None:
        path = given.out or RESULTS / "gradient_cost.json"
        results = read_json(path)["results"] if path.exists() else {}
        worlds = tuple(world for world in worlds if world[0] in given.tasks.split(","))
    for task, kind in worlds:
        problem = resolved(task, kind, None).problem
        latent = problem.task.space.initial()
        problem = with_room(problem, latent)
        programs = [compiled(problem, latent, order=order) for order in (0, 1)]
        calls = {
            name: partial(program, problem, latent)
            for name, program in zip(("value", "gradient"), programs, strict=True)
        }
        times = interleaved(calls, repeats=1)
        once = sum(each["min"] for each in times.values())
        if not given.quick:  # programs of milliseconds are timed many times
            times = interleaved(calls, repeats=min(max(round(_SECONDS / once), 7), 300))
        measured = times["gradient"]["median"] / times["value"]["median"]
        results[f"{task}, {kind.value}"] = {
            **times,
            "measured": measured,
            "declared": problem.gradient_cost,
            "declared_over_measured": problem.gradient_cost / measured,
        }
    publish(__file__, given, results)
    rows = [
        {
            "world": name,
            "value (ms)": milliseconds(found["value"]),
            "gradient (ms)": milliseconds(found["gradient"]),
            "measured": found["measured"],
            "declared": found["declared"],
        }
        for name, found in results.items()
    ]
    show("A gradient's cost in values (min / median)", rows)


if __name__ == "__main__":
    main()
