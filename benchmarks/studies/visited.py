"""Data for the model of watercourses: landscapes that descents visit, and random ones.

Descents in the lite twin's water, one towards each angle and from a start of its own, over the
task's hills and over others; five landscapes of each are simulated in the task's own water, under
streams of their own. What is learned from is not what `landings` judges by: descents through the
model towards another angle. Random landscapes come last; they judge.

    python -m benchmarks.studies.visited --into data/watercourse-visited
    invdesign refine watercourse-direction --angle 240 --data data/watercourse-visited
"""

import dataclasses
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from benchmarks._common import Kind, arguments, publish, resolved, show
from invdesign import Problem, solve
from invdesign.families.watercourse import hills, streams
from invdesign.families.watercourse._data import (
    LAYERS,
    NUM_FRAMES,
    PARTS,
    RandomLandscapes,
    random_course,
    scene_over,
    trajectory,
    watercourse_metadata,
)
from invdesign.studies import seeded_start
from invdesign.studies._optimizers import Effort, contestant
from invdesign.studies._registry import load_task
from invdesign.training._shards import write_rows

OPTIONS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("--into", {"type": Path, "required": True, "help": "a new folder"}),
    ("--random", {"type": int, "default": 60, "help": "how many random landscapes follow"}),
    ("--seed", {"type": int, "default": 1, "help": "of the random landscapes"}),
)
# Which hills, towards how many degrees, and the seed of start and streams.
_OWN = [(3, angle, 100 + i) for i, angle in enumerate((30, *range(110, 360, 40)))]
_OTHER = [(11 + i, angle, 200 + i) for i, angle in enumerate((75, 165, 255, 345))]
_STEPS = 40
_MOMENTS = (6, 14, 22, 30, 39)  # iterations of a descent, give or take 2
_SHIFT, _SWAY = 0.03, 0.1  # m and m/s, as the data of training


def visited(
    light: Problem, base: int, angle: float, seed: int, *, steps: int = _STEPS
) -> tuple[float, list[dict[str, np.ndarray]]]:
    """The score of a descent in lighter water, and trajectories over landscapes on its way."""
    lighter = load_task("watercourse-direction", angle=float(angle)).lighter
    assert lighter is not None
    task: Any = lighter.task
    build = dataclasses.replace(task.build, base=hills(25, seed=base))
    task = dataclasses.replace(task, build=build)
    problem = dataclasses.replace(light, task=task, step_cost=1.0)
    optimizer = contestant("coupled-adam", problem, Effort(budget=None, steps=_STEPS)).optimizer
    start, key = seeded_start(task.space, seed), jax.random.key(seed)
    found = solve(problem, optimizer, key=key, max_steps=steps, initial=start)
    rng, rows = np.random.default_rng([7, seed]), []
    for moment in _MOMENTS:
        latent = found.champions[min(steps - 1, moment + int(rng.integers(-2, 3)))]
        heights = build.heights(task.space.decode(jnp.asarray(latent)))
        water = streams(1, seed=int(rng.integers(2**31)), layers=LAYERS, shift=_SHIFT, sway=_SWAY)
        one = jax.tree.map(lambda x: x[0], water)
        scene = scene_over(heights, one.position, one.velocity, one.frame)
        rows.append(trajectory(scene, num_frames=NUM_FRAMES, parts=PARTS))
    return found.score, rows


def main() -> None:
    given = arguments(__doc__, *OPTIONS, cached=True)
    light = resolved("watercourse-direction", Kind.REFERENCE, None).problem.lighter
    assert light is not None
    plan = [*_OWN, *_OTHER][: 1 if given.quick else None]
    number = 8 if given.quick else given.random
    said, rows = [], []
    for base, angle, seed in plan:
        score, found = visited(light, base, angle, seed, steps=2 if given.quick else _STEPS)
        said.append({"hills": base, "angle": angle, "score in that water": score})
        rows += found
    rows = [rows[index] for index in np.random.default_rng(0).permutation(len(rows))]
    scenes = (random_course(RandomLandscapes(), given.seed, index) for index in range(number))
    rows += [trajectory(scene, num_frames=NUM_FRAMES, parts=PARTS) for scene in scenes]
    described = watercourse_metadata(len(rows), given.seed, NUM_FRAMES, RandomLandscapes())
    write_rows(given.into, rows, described, measure=lambda _: {"complete": True})
    show("Descents that were followed", said)
    publish(__file__, given, {"descents": said, "random": number})


if __name__ == "__main__":
    main()
