"""Teach the model of watercourses landscapes that descents visit, among those of its training.

Descents in the lite twin's water, one towards each angle and from a start of its own, over the
task's hills and over others; five landscapes of each are simulated in the task's own water, under
streams of their own. Half of every batch are those, the other half random landscapes: the learner
of `invdesign refine` teaches. What is learned from is not what `landings` judges by, descents
through the model towards another angle.

    invdesign data watercourse --number 120 --seed 1 --out data/watercourse-120-seed1
    python -m benchmarks.studies.visited --data data/watercourse-120-seed1 --into runs/visited
"""

import csv
import dataclasses
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from benchmarks._common import Kind, arguments, publish, resolved, show
from invdesign import Problem, solve
from invdesign.families.watercourse import hills, streams
from invdesign.families.watercourse._agreement import NUMBERS
from invdesign.families.watercourse._data import (
    LAYERS,
    NUM_FRAMES,
    PARTS,
    RandomLandscapes,
    scene_over,
    trajectory,
    watercourse_metadata,
)
from invdesign.families.watercourse._learner import WatercourseLearner
from invdesign.families.watercourse._training import WatercourseTraining
from invdesign.io._weights import read_hyperparameters
from invdesign.simulators import ParticleSimulator
from invdesign.simulators.particle._build import ModelConfig
from invdesign.studies import seeded_start
from invdesign.studies._optimizers import Effort, contestant
from invdesign.studies._registry import load_task
from invdesign.studies._resolve import load_simulator
from invdesign.training._shards import has_metadata, write_rows

OPTIONS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("--model", {"default": "watercourse", "help": "a pretrained model, or a weights file"}),
    ("--data", {"type": Path, "required": True, "help": "data of its training"}),
    ("--into", {"type": Path, "required": True, "help": "for landscapes, training and weights"}),
    ("--updates", {"type": int, "default": 400}),
    ("--frames", {"type": int, "default": 8, "help": "of each rollout"}),
    ("--learning-rate", {"type": float, "default": 3e-4}),
)
# Which hills, towards how many degrees, and the seed of start and streams.
_OWN = [(3, angle, 100 + i) for i, angle in enumerate((30, *range(110, 360, 40)))]
_OTHER = [(11 + i, angle, 200 + i) for i, angle in enumerate((75, 165, 255, 345))]
_MOMENTS = (6, 14, 22, 30, 39)  # iterations of a descent, give or take 2
_SHIFT, _SWAY = 0.03, 0.1  # m and m/s, as the data of training


def visited(light: Problem, base: int, angle: float, seed: int) -> Iterator[dict[str, Any]]:
    """Landscapes of a descent in lighter water, as rows of a data set of half frames."""
    lighter = load_task("watercourse-direction", angle=float(angle)).lighter
    assert lighter is not None
    task: Any = lighter.task
    build = dataclasses.replace(task.build, base=hills(25, seed=base))
    task = dataclasses.replace(task, build=build)
    problem = dataclasses.replace(light, task=task, step_cost=1.0)
    optimizer = contestant("coupled-adam", problem, Effort(budget=None, steps=40)).optimizer
    start, key = seeded_start(task.space, seed), jax.random.key(seed)
    found = solve(problem, optimizer, key=key, max_steps=40, initial=start)
    print(f"hills {base}, {angle:g} degrees: {found.score:.3f}", flush=True)
    rng = np.random.default_rng([7, seed])
    for moment in _MOMENTS:
        latent = found.champions[min(39, moment + int(rng.integers(-2, 3)))]
        heights = build.heights(task.space.decode(jnp.asarray(latent)))
        water = streams(1, seed=int(rng.integers(2**31)), layers=LAYERS, shift=_SHIFT, sway=_SWAY)
        one = jax.tree.map(lambda x: x[0], water)
        scene = scene_over(heights, one.position, one.velocity, one.frame)
        yield trajectory(scene, num_frames=NUM_FRAMES, parts=PARTS)


def main() -> None:
    given = arguments(__doc__, *OPTIONS, cached=True)
    lessons = given.into / "lessons"
    if not has_metadata(lessons):
        light = resolved("watercourse-direction", Kind.REFERENCE, None).problem.lighter
        assert light is not None
        plan = [*_OWN, *_OTHER][: 1 if given.quick else None]
        rows = [row for each in plan for row in visited(light, *each)]
        described = watercourse_metadata(len(rows), 5, NUM_FRAMES, RandomLandscapes())
        write_rows(lessons, rows, described, measure=lambda _: {"complete": True})
    simulator, path = load_simulator(given.model)
    assert isinstance(simulator, ParticleSimulator)
    learner = WatercourseLearner(
        WatercourseTraining(),
        ModelConfig(**read_hyperparameters(path)["model"]),
        given.data,
        updates=1 if given.quick else given.updates,
        frames=given.frames,
        learning_rate=given.learning_rate,
    )
    learned = learner.learn(simulator, [lessons], given.into)
    learner.save(learned, given.into / "model.safetensors")
    with (given.into / "run" / "metrics.csv").open() as file:
        last = list(csv.DictReader(file))[-1]
    judged = {key: float(last[key]) for key in ("step", "loss", *NUMBERS)}
    show("The last trajectories of the data, after learning", [judged])
    publish(__file__, given, {"model": given.model, "after": judged})


if __name__ == "__main__":
    main()
