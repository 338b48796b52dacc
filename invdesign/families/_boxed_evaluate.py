"""Rollouts of a model of balls in a box beside MuJoCo's."""

import dataclasses
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from ..scenes._ropes import GRAVITY
from ..simulators import ConstraintSimulator
from ..training.constraint._course import rollout_errors, simulated
from ._boxed_data import NUM_FRAMES, BoxedWorld
from ._iterations import counts_beside, iterated

_HELD_OUT = 2**31  # added to seeds: no training draws from these
_FEW = 20  # inner iterations, at most, of the larger scenes
Arrays = Mapping[str, np.ndarray]


@dataclasses.dataclass(frozen=True)
class BoxedRecords:
    """Scenes with `positions` by MuJoCo, and those by the model, without the first frame.

    **Arguments:** `truth`: arrays of scenes; `model`: `(scene, time, ball, 2)`; `errors`: of each
    in metres, `(scene,)`.
    """

    truth: dict[str, np.ndarray]
    model: np.ndarray
    errors: np.ndarray


def held_out_scenes(
    world: BoxedWorld, scenes: Any, seed: int, number: int, num_steps: int = NUM_FRAMES
) -> dict[str, np.ndarray]:
    """Random scenes that no training draws, by MuJoCo."""
    rows = [
        world.simulated(scenes.sample(np.random.default_rng([_HELD_OUT + seed, index])), num_steps)
        for index in range(number)
    ]
    return {key: np.stack([row[key] for row in rows]) for key in rows[0]}


def evaluate_boxed(
    simulator: ConstraintSimulator,
    world: BoxedWorld,
    *,
    seed: int = 0,
    number: int = 30,
    num_steps: int = NUM_FRAMES,
    iterations: int = 20,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> tuple[dict[str, float], BoxedRecords]:
    """Numbers of a model, and the trajectories of scenes of the sizes it learned from.

    Errors are root mean square distances of balls from MuJoCo over the frames of the world's
    horizon in metres, infinite where a ball is off by more than one; medians over scenes.

    **Arguments:** `iterations`: the most of `ITERATIONS`; at most 20 of the larger scenes.

    **Returns:** the numbers, and the scenes of the first size:

    - `rollout_error`: as shipped; `..._larger`: of the larger scenes.
    - `..._nN`: with `N` inner iterations; `..._lost`: how many blew up.
    - `floor_error`: the error of nodes that keep where they were at first.
    - `stretch`: mean relative error of distances within a body, over all frames.
    - `overlap`: the deepest that a ball is in another one or in a wall, over its radius, a mean
      over all frames; `overlap_truth`: MuJoCo's own.
    - `energy`: mean energy at the end over MuJoCo's own; 1 is right.
    """
    horizon = min(world.horizon, num_steps)
    sizes = {"": (world.scenes, number), "_larger": (world.larger, max(1, number // 3))}
    metrics: dict[str, float] = {}
    records: list[BoxedRecords] = []
    for suffix, (scenes, few) in sizes.items():
        truth = held_out_scenes(world, scenes, seed, few, num_steps)
        found = simulated(simulator, world.examples, truth, num_steps)
        errors = _errors(world, found, truth, horizon)
        records.append(BoxedRecords(truth, found, errors))
        metrics |= _summary(f"rollout_error{suffix}", errors)
        for count in counts_beside(simulator, iterations if suffix == "" else _FEW):
            if count > iterations:
                continue
            other = simulated(iterated(simulator, count), world.examples, truth, horizon)
            name = f"rollout_error{suffix}_n{count}"
            metrics |= _summary(name, _errors(world, other, truth, horizon))
        metrics |= {f"{key}{suffix}": value for key, value in _kept(found, truth).items()}
        progress(len(records), len(sizes))
    shown = records[0]
    still = np.repeat(shown.truth["positions"][:, :1], horizon, axis=1)
    metrics["floor_error"] = float(np.median(_errors(world, still, shown.truth, horizon)))
    return metrics, shown


def _errors(world: BoxedWorld, found: np.ndarray, truth: Arrays, horizon: int) -> np.ndarray:
    positions = truth["positions"][:, : horizon + 1]
    return rollout_errors(found[:, :horizon], positions, world.examples.free(truth))


def _summary(name: str, errors: np.ndarray) -> dict[str, float]:
    return {name: float(np.median(errors)), f"{name}_lost": float(np.isinf(errors).sum())}


def _kept(found: np.ndarray, truth: Arrays) -> dict[str, float]:
    """What balls have to keep, in a model and in MuJoCo; what blew up does not count."""
    whole = np.isfinite(found).all(axis=(1, 2, 3))
    if not whole.any():
        return {}
    scenes = {key: rows[whole] for key, rows in truth.items()}
    own, found = scenes["positions"][:, 1:], found[whole]
    kept = {
        "overlap": overlap(found, scenes),
        "overlap_truth": overlap(own, scenes),
        "energy": energy(found, scenes) / energy(own, scenes),
    }
    if _joined(scenes).any():
        kept["stretch"] = stretch(found, scenes)
    return kept


def stretch(positions: np.ndarray, scenes: Arrays) -> float:
    """Mean relative error of distances between balls of one body.

    **Arguments:** `positions`: `(scene, time, ball, 2)`.
    """
    distance, first = _distances(positions), _distances(scenes["positions"][:, :1])
    joined = np.broadcast_to(_joined(scenes)[:, None], distance.shape)
    return float(np.abs(distance / np.where(first > 0, first, 1) - 1)[joined].mean())


def overlap(positions: np.ndarray, scenes: Arrays) -> float:
    """The deepest that a ball is in another body or in a wall over its radius, a mean over frames.

    **Arguments:** `positions`: `(scene, time, ball, 2)`.
    """
    radius, there = scenes["radius"], scenes["body"] >= 0
    thick = radius[:, None, :, None]
    room = np.minimum(
        positions - scenes["lower"][:, None, None] - thick,
        scenes["upper"][:, None, None] - positions - thick,
    ).min(axis=-1)
    walls = np.where(there[:, None], -room / radius[:, None], 0.0).max(axis=2)
    first, last = np.triu_indices(radius.shape[1], 1)
    reach, least = radius[:, first] + radius[:, last], np.minimum(radius[:, first], radius[:, last])
    apart = there[:, first] & there[:, last] & ~_joined(scenes)
    deep = (reach[:, None] - _distances(positions)) / least[:, None]
    balls = np.where(apart[:, None], deep, 0.0).max(axis=2)
    return float(np.maximum(np.maximum(walls, balls), 0.0).mean())


def energy(positions: np.ndarray, scenes: Arrays, frames: int = 20) -> float:
    """Energy above that of rest on the floor, a mean over the last frames and over scenes.

    **Arguments:** `positions`: `(scene, time, ball, 2)`; in units of mass, length and frame.
    """
    last = positions[:, -frames - 1 :]
    mass = np.where(scenes["body"] >= 0, scenes["mass"], 0.0)[:, None]
    kinetic = 0.5 * np.sum(np.diff(last, axis=1) ** 2, axis=-1) / 0.01**2
    height = last[:, 1:, :, 1] - scenes["lower"][:, None, None, 1] - scenes["radius"][:, None]
    return float(np.mean(np.sum(mass * (kinetic + GRAVITY * height), axis=-1)))


def _distances(positions: np.ndarray) -> np.ndarray:
    """Between all pairs of balls, `(scene, time, pair)`."""
    first, last = np.triu_indices(positions.shape[2], 1)
    return np.linalg.norm(positions[:, :, first] - positions[:, :, last], axis=-1)


def _joined(scenes: Arrays) -> np.ndarray:
    """Which pairs are of one body, `(scene, pair)`."""
    body = scenes["body"]
    first, last = np.triu_indices(body.shape[1], 1)
    return (body[:, first] >= 0) & (body[:, first] == body[:, last])
