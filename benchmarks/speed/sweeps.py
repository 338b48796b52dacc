"""What is lost around the simulator: by the driver, by each further run of a study, by a worker.

- The driver: on `contain`, the share of the search that is not spent in compiled evaluations, with
  a checkpoint after every iteration as runs have it.
- A study of 8 seeds in one process, against one compilation and eight runs without theirs; the
  same with their candidates side by side in one program.
- The same study by two workers of one thread against one.

Each is a ratio of things measured in the same run. Lite tasks in the reference solver.
"""

import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jax

from benchmarks._common import Kind, arguments, publish, resolved, show
from invdesign import solve
from invdesign._solve._evaluate import evaluate_population, evaluate_through
from invdesign.io._sealed import read_sealed
from invdesign.studies import InProcess, LocalWorkers, sweep
from invdesign.studies._laps import Laps

SEEDS = 8
STUDY = {
    "tasks": ["contain-lite"],
    "optimizers": ["adam"],
    "seeds": list(range(SEEDS)),
    "simulator": "reference",
}


class Inside:
    """Seconds within the compiled evaluations of a search."""

    def __init__(self, evaluate: Callable[..., Any]):
        self.evaluate, self.seconds, self.calls = evaluate, 0.0, 0

    def __call__(self, *args: Any) -> Any:
        start = time.perf_counter()
        found = jax.block_until_ready(self.evaluate(*args))
        self.seconds += time.perf_counter() - start
        self.calls += 1
        return found


def driver(steps: int) -> dict[str, float]:
    """The share of the search on `contain` that is the driver's."""
    chosen = resolved("contain", Kind.REFERENCE, None)
    optimizer = chosen.player("adam").optimizer
    inside = Inside(evaluate_population)
    token = evaluate_through.set(inside)
    moments: list[tuple[float, float]] = []

    def row(_: Any) -> None:
        moments.append((time.perf_counter(), inside.seconds))

    try:
        with tempfile.TemporaryDirectory() as place:
            solve(
                chosen.problem,
                optimizer,
                key=jax.random.key(0),
                max_steps=steps,
                checkpoint=place,
                save_every=0.0,
                callback=row,
            )
    finally:
        evaluate_through.reset(token)
    # The first iteration compiles.
    whole, within = (moments[-1][i] - moments[0][i] for i in (0, 1))
    return {"search_seconds": whole, "evaluation_seconds": within, "share": 1 - within / whole}


def study(place: Path, steps: int) -> dict[str, float]:
    """Eight seeds in one process; the first compiles, and what checks the study before it."""
    laps = Laps()
    sweep({**STUDY, "steps": steps}, place / "turns", executor=InProcess(), pictures=False)
    whole, compilation = laps.lap()
    sweep({**STUDY, "steps": steps, "batched": SEEDS}, place / "batched", pictures=False)
    together, programs = laps.lap()
    runs = [
        read_sealed(place / "turns" / f"contain-lite-adam-{s}" / "verification.json")
        for s in range(SEEDS)
    ]
    compiling = [sum(run["compiling_by_phase"].values()) for run in runs]
    rest = [run["seconds"] - own for run, own in zip(runs, compiling, strict=True)]
    return {
        "study_seconds": whole,
        "compilation": compilation,
        "compilation_of_one": compiling[0],
        "compilation_of_the_others": sum(compiling[1:]),
        "run_without_compilation": sorted(rest)[SEEDS // 2],
        "ratio": (whole - compilation) / sum(rest),
        "batched_seconds": together,
        "batched_compilation": programs,
    }


def workers(place: Path, steps: int, seeds: int = SEEDS) -> dict[str, float]:
    """The study by one worker of one thread and by two, programs on disk beforehand.

    Workers start and load their programs within the time that is measured.
    """
    wanted = {**STUDY, "seeds": list(range(seeds)), "steps": steps}
    seconds = {}
    for name, number in (("warm", 2), ("one", 1), ("two", 2)):
        began = time.perf_counter()
        executor = LocalWorkers(workers=number, threads=1)
        sweep(wanted, place / name, executor=executor, pictures=False)
        seconds[name] = time.perf_counter() - began
    return {
        "one_seconds": seconds["one"],
        "two_seconds": seconds["two"],
        "throughput": seconds["one"] / seconds["two"],
    }


def main() -> None:
    given = arguments(__doc__)
    steps = 2 if given.quick else 40
    with tempfile.TemporaryDirectory() as place:
        results = {
            "driver": driver(steps),
            "study": study(Path(place) / "study", steps),
            "workers": workers(Path(place), steps),
        }
    publish(__file__, given, results)
    for name, found in results.items():
        show(name, [{"quantity": key, "measured": value} for key, value in found.items()])


if __name__ == "__main__":
    main()
