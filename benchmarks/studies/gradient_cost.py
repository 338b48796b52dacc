"""What a gradient costs beside a value, for every world: measured, and as budgets charge it.

A comparison on equal budgets is as fair as the declared cost is true. Value and gradient are
compiled as a search compiles them, and timed in turn in one run.

    python -m benchmarks.studies.gradient_cost
"""

from functools import partial

from benchmarks._common import Kind, arguments, interleaved, milliseconds, publish, resolved, show
from benchmarks.speed.gradient import compiled, with_room

_SECONDS = 10.0  # a world, at least
WORLDS = (
    ("contain", Kind.LEARNED),
    ("contain", Kind.REFERENCE),
    ("airfoil", Kind.LEARNED),
    ("flick", Kind.LEARNED),
    ("flick", Kind.REFERENCE),
    ("ks-steer", Kind.LEARNED),
    ("ks-steer", Kind.REFERENCE),
)


def main() -> None:
    given = arguments(__doc__)
    results = {}
    for task, kind in WORLDS[-1:] if given.quick else WORLDS:
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
