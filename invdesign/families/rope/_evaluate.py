"""Rollouts of a model of ropes beside MuJoCo's: held-out ropes, longer ones, added obstacles."""

import dataclasses
import time
from collections.abc import Callable
from typing import Any

import numpy as np

from ...scenes import NodeKind
from ...simulators import ConstraintSimulator, GradientSteps
from ...training.constraint._course import rollout_errors, simulated_ropes
from ._data import NUM_FRAMES, simulated_rope
from ._ropes import LINK, RandomRopes

_HELD_OUT = 2**31  # added to seeds: no training draws from these
ITERATIONS = (5, 10, 20)
# Nodes of ropes of one size beside those of training.
LARGER = (20, 40)


@dataclasses.dataclass(frozen=True)
class RopeRecords:
    """Ropes with `positions` by MuJoCo, and those by the model, without the first frame.

    **Arguments:** `truth`: arrays of ropes; `model`: `(rope, time, node, 2)`.
    """

    truth: dict[str, np.ndarray]
    model: np.ndarray


def held_out_ropes(
    seed: int, number: int, ropes: RandomRopes, num_steps: int = NUM_FRAMES
) -> dict[str, np.ndarray]:
    """Random ropes that no training draws, by MuJoCo."""
    rows = [
        simulated_rope(ropes.sample(np.random.default_rng([_HELD_OUT + seed, index])), num_steps)
        for index in range(number)
    ]
    return {key: np.stack([row[key] for row in rows]) for key in rows[0]}


def iterated(simulator: ConstraintSimulator, number: int) -> ConstraintSimulator:
    """The same model with another number of inner iterations."""
    solver: Any = dataclasses.replace(simulator.solver, num_steps=number)
    return dataclasses.replace(simulator, solver=solver)


def evaluate_ropes(
    simulator: ConstraintSimulator,
    *,
    seed: int = 0,
    number: int = 30,
    num_steps: int = NUM_FRAMES,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> tuple[dict[str, float], RopeRecords]:
    """Numbers of a model, and the trajectories of ropes of the sizes it learned from.

    Errors are root mean square distances of free nodes from MuJoCo over all frames of a rollout in
    metres, infinite where a node is off by more than one; medians over ropes.

    - `rollout_error`: as trained; `rollout_error_20`, `rollout_error_40`: ropes of so many nodes.
    - `..._nN`: with `N` inner iterations; `..._lost`: how many blew up.
    - `stretch`, `stretch_truth`: mean relative error of links' lengths.
    - `model_seconds_per_step`.
    """
    sizes = {"": RandomRopes()}
    sizes |= {f"_{n}": RandomRopes(nodes=(n, n), padded=n) for n in LARGER}
    metrics: dict[str, float] = {}
    shown, done = None, 0
    counts = ITERATIONS if isinstance(simulator.solver, GradientSteps) else ()
    for suffix, ropes in sizes.items():
        truth = held_out_ropes(seed, number if suffix == "" else number // 2, ropes, num_steps)
        if shown is None:
            shown = truth
        for count in (None, *counts):
            name = f"rollout_error{suffix}" + ("" if count is None else f"_n{count}")
            model = simulator if count is None else iterated(simulator, count)
            errors = rollout_errors(model, truth)
            metrics[name] = float(np.median(errors))
            metrics[f"{name}_lost"] = float(np.isinf(errors).sum())
            done += 1
            progress(done, len(sizes) * (1 + len(counts)))
    assert shown is not None
    start = time.perf_counter()
    found = simulated_ropes(simulator, shown, num_steps)
    metrics["model_seconds_per_step"] = (time.perf_counter() - start) / (number * num_steps)
    metrics["stretch"] = stretch(found, shown)
    metrics["stretch_truth"] = stretch(shown["positions"][:, 1:], shown)
    return metrics, RopeRecords(shown, found)


def stretch(positions: np.ndarray, ropes: dict[str, np.ndarray]) -> float:
    """Mean relative error of the links' lengths over frames and ropes; what blew up does not count.

    **Arguments:** `positions`: `(rope, time, node, 2)`.
    """
    lengths = np.linalg.norm(np.diff(positions, axis=2), axis=-1)
    there = (ropes["kind"][:, 1:] == NodeKind.FREE)[:, None] & (lengths < 2 * LINK)
    return float(np.abs(lengths / LINK - 1)[np.broadcast_to(there, lengths.shape)].mean())
