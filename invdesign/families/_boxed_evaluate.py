"""Rollouts of a model of balls in a box beside MuJoCo's."""

import dataclasses
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from ..simulators import ConstraintSimulator
from ..simulators.constraint import Contacts
from ..training.constraint._course import rollout_errors, simulated
from ._boxed_data import NUM_FRAMES, BoxedWorld
from ._boxed_kept import Arrays, kept
from ._iterations import counts_beside, iterated

_HELD_OUT = 2**31  # added to seeds: no training draws from these
PERTURBATION = 1e-4  # m, how far along an axis the twin's balls are off at first, at most
MOMENTS = (10, 20, 40, 80, 160)  # frames after which errors are told


@dataclasses.dataclass(frozen=True)
class BoxedRecords:
    """Scenes with `positions` by MuJoCo, and what others make of them, without the first frame.

    **Arguments:** `truth`: arrays of scenes; `model`, `twin`: by the model, and by MuJoCo from
    places that are off by up to `PERTURBATION`, `(scene, time, ball, 2)`; `there`: which balls
    there are, `(scene, ball)`; `errors`: of the model in each scene in metres, `(scene,)`.
    """

    truth: dict[str, np.ndarray]
    model: np.ndarray
    twin: np.ndarray
    there: np.ndarray
    errors: np.ndarray

    def still(self) -> np.ndarray:
        """Balls that stay where they were, as `model`."""
        return np.repeat(self.truth["positions"][:, :1], self.model.shape[1], axis=1)

    def over_time(self, found: np.ndarray) -> np.ndarray:
        """Root mean square distances of balls after each frame, medians over scenes, `(time,)`."""
        squared = np.sum((found - self.truth["positions"][:, 1:]) ** 2, axis=-1)
        squared = np.where(self.there[:, None], squared, 0.0).sum(axis=-1)
        off = np.sqrt(squared / self.there.sum(axis=1)[:, None])
        return np.median(np.where(np.isfinite(off), off, np.inf), axis=0)


def held_out_scenes(
    world: BoxedWorld, scenes: Any, seed: int, number: int, num_steps: int = NUM_FRAMES
) -> dict[str, np.ndarray]:
    """Random scenes that no training draws, by MuJoCo."""
    rows = [
        world.simulated(scenes.sample(np.random.default_rng([_HELD_OUT + seed, index])), num_steps)
        for index in range(number)
    ]
    return {key: np.stack([row[key] for row in rows]) for key in rows[0]}


def twins(world: BoxedWorld, truth: Arrays, seed: int) -> np.ndarray:
    """What MuJoCo makes of scenes whose balls are a little off at first, `(scene, time, ball, 2)`.

    Without the first frame.
    """
    rng, number = np.random.default_rng([_HELD_OUT + seed, 2**31]), truth["positions"].shape[1] - 1
    off = rng.uniform(-PERTURBATION, PERTURBATION, truth["position"].shape).astype(np.float32)
    moved = truth["position"] + np.where(world.examples.free(truth)[..., None], off, 0)
    rows = []
    for index, position in enumerate(moved):
        arrays = {key: each[index] for key, each in truth.items() if key != "positions"}
        rows.append(world.simulated({**arrays, "position": position}, number)["positions"])
    return np.stack(rows)[:, 1:]


def evaluate_boxed(
    simulator: ConstraintSimulator,
    world: BoxedWorld,
    *,
    seed: int = 0,
    number: int = 30,
    num_steps: int = NUM_FRAMES,
    iterations: int = 20,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> tuple[dict[str, float], tuple[BoxedRecords, BoxedRecords]]:
    """Numbers of a model, and what it makes of scenes of the sizes it learned from, and of larger.

    Errors are root mean square distances of balls from MuJoCo over the frames of the world's
    horizon in metres, infinite where a ball is off by more than one; medians over scenes.

    **Arguments:** `iterations`: the most of `ITERATIONS`.

    **Returns:** the numbers, each of the larger scenes with `_larger` behind it:

    - `rollout_error`: as shipped; `..._nN`: with `N` inner iterations; `..._lost`: how many blew
      up; `twin_error`: of MuJoCo itself, from places that are off by up to `PERTURBATION`;
      `still_error`: of balls that stay where they were.
    - `error_at_T`, `twin_at_T`: distances after `T` frames alone, medians over scenes.
    - `stretch`: mean relative error of distances within a body, over all frames.
    - `overlap`: the deepest that a ball is in another one or in a wall, over its radius, a mean
      over all frames.
    - `energy`: mean energy at the end over MuJoCo's own; 1 is right.
    - `stretch_truth`, `overlap_truth`: MuJoCo's own.
    """
    horizon = min(world.horizon, num_steps)
    sizes = {"": (world.scenes, number), "_larger": (world.larger, max(1, number // 3))}
    metrics: dict[str, float] = {}
    records: list[BoxedRecords] = []
    for suffix, (scenes, few) in sizes.items():
        truth = held_out_scenes(world, scenes, seed, few, num_steps)
        found = _rollouts(simulator, world, truth, num_steps)
        off = partial(_errors, world, truth, horizon)
        record = BoxedRecords(
            truth, found, twins(world, truth, seed), world.examples.free(truth), off(found)
        )
        records.append(record)
        metrics |= _summary(f"rollout_error{suffix}", record.errors)
        for count in counts_beside(simulator, iterations):
            other = _rollouts(iterated(simulator, count), world, truth, horizon)
            metrics |= _summary(f"rollout_error{suffix}_n{count}", off(other))
        numbers = {
            "twin_error": float(np.median(off(record.twin))),
            "still_error": float(np.median(off(record.still()))),
            **_at_moments(record),
            **kept(found, truth),
        }
        metrics |= {f"{key}{suffix}": value for key, value in numbers.items()}
        progress(len(records), len(sizes))
    return metrics, (records[0], records[1])


def _rollouts(
    simulator: ConstraintSimulator, world: BoxedWorld, truth: Arrays, num_steps: int
) -> np.ndarray:
    """Positions after each frame; with more room for pairs where balls need it, as in a search."""
    found = simulated(simulator, world.examples, dict(truth), num_steps)
    if np.isfinite(found).all() or not isinstance(simulator.view, Contacts):
        return found
    return simulated(simulator.grow(2.0), world.examples, dict(truth), num_steps)


def _errors(world: BoxedWorld, truth: Arrays, horizon: int, found: np.ndarray) -> np.ndarray:
    positions = truth["positions"][:, : horizon + 1]
    return rollout_errors(found[:, :horizon], positions, world.examples.free(truth))


def _at_moments(record: BoxedRecords) -> dict[str, float]:
    model, twin = record.over_time(record.model), record.over_time(record.twin)
    told = [moment for moment in MOMENTS if moment <= len(model)]
    numbers = {f"error_at_{moment}": float(model[moment - 1]) for moment in told}
    return numbers | {f"twin_at_{moment}": float(twin[moment - 1]) for moment in told}


def _summary(name: str, errors: np.ndarray) -> dict[str, float]:
    return {name: float(np.median(errors)), f"{name}_lost": float(np.isinf(errors).sum())}
