"""Where a model's water lands on landscapes that descents visited, beside the solver's.

Every so many iterations the best landscape so far of each run, from its folder, under the first
stream that nobody optimized on: numbers as on the model's card, means over all of them and of each.
Training sees none of these landscapes; `visited` makes others for it. The folders are those of
`invdesign run` on a watercourse task.

    invdesign run watercourse-direction --angle 70 --model watercourse --out runs/a
    python -m benchmarks.studies.landings --runs runs/a
"""

from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from benchmarks._common import Kind, arguments, publish, resolved, show
from invdesign.families.watercourse._agreement import agreement
from invdesign.families.watercourse._evaluate import evaluate_courses
from invdesign.io._run_directory import read_run_directory
from invdesign.simulators import ParticleSimulator
from invdesign.studies._champions import read_all_champions
from invdesign.studies._registry import load_task

OPTIONS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("--model", {"default": "watercourse", "help": "a pretrained model, or a weights file"}),
    ("--runs", {"nargs": "+", "type": Path, "help": "folders of runs"}),
    ("--every", {"type": int, "default": 10, "help": "iterations from one landscape to the next"}),
)
_SHOWN = ("agreement", "landed_error", "place_error", "sector_error", "time_error")


def visited(folder: Path, every: int) -> list[tuple[dict[str, Any], Any]]:
    """Landscapes of a run under its first unseen stream: facts and a scene of each."""
    run = read_run_directory(folder)
    task = load_task(run.configuration["task"], **run.configuration["task_options"])
    latents = read_all_champions(run)
    stream = jax.tree.map(lambda x: x[0], task.unseen)
    return [
        (
            {"run": folder.name, "task": task.name, "iteration": index + 1},
            task.build(task.space.decode(jnp.asarray(latents[index])), stream),
        )
        for index in range(every - 1, len(latents), every)
    ]


def main() -> None:
    given = arguments(__doc__, *OPTIONS, cached=True)
    made = resolved("watercourse-direction", Kind.LEARNED, given.model)
    simulator, steps = made.simulator, made.task.num_steps
    assert isinstance(simulator, ParticleSimulator)
    found = [each for folder in given.runs for each in visited(folder, given.every)]
    found = found[:1] if given.quick else found
    means, records = evaluate_courses(simulator, [x for _, x in found], num_steps=steps)
    rows = [
        {**about, **agreement(each.model, each.truth), "landed": each.model.share}
        for (about, _), each in zip(found, records, strict=True)
    ]
    show("Landscapes that descents visited", [*rows, {**rows[0], "run": "all", **_of(means)}])
    for name in ("floor", "alone"):
        print(name, {key: round(means[f"{key}_{name}"], 3) for key in _SHOWN})
    publish(__file__, given, {"model": given.model, "means": means, "rows": rows})


def _of(means: dict[str, float]) -> dict[str, Any]:
    return {"task": "", "iteration": np.nan, **{key: means[key] for key in (*_SHOWN, "landed")}}


if __name__ == "__main__":
    main()
