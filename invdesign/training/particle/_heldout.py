"""Held-out rollouts: how a simulator is judged."""

from collections.abc import Sequence
from typing import Any, TypeVar, cast

import equinox as eqx
import jax
import numpy as np

from ..._results import RESULTS
from ..._rollout import rollout
from ..._simulator import AbstractSimulator
from ...scenes import ParticleScene

Simulator = TypeVar("Simulator", bound=AbstractSimulator)


@eqx.filter_jit
def _frames(simulator: AbstractSimulator, scene: Any, num_steps: int) -> Any:
    trajectory = rollout(simulator, scene, num_steps=num_steps, throw=False)
    return trajectory.frames, trajectory.result


def simulate(simulator: Simulator, scene: Any, num_steps: int) -> tuple[Any, Simulator, int]:
    """What is observed after each step, as NumPy arrays: a `ParticleFrame` of a particle scene.

    Grows the simulator until the edges fit.

    Returns the grown simulator too, and the `RESULTS` code.
    """
    while True:
        frames, code = jax.device_get(_frames(simulator, scene, num_steps))
        if int(code) != RESULTS.capacity_exceeded:
            return frames, simulator, int(code)
        simulator = cast(Simulator, simulator.grow(1.5))


def occupancy(position: np.ndarray, cells: int = 16) -> np.ndarray:
    """Share of the particles in each cell of a grid over the unit box, `(cells, cells)`."""
    finite = np.nan_to_num(position, nan=-1.0)
    counts, _, _ = np.histogram2d(*finite.T, bins=cells, range=[[0, 1], [0, 1]])
    return counts / len(position)


def overlap(first: np.ndarray, second: np.ndarray) -> float:
    """Common share of two particle clouds on a 16 x 16 grid: 1 for equal, 0 for disjoint."""
    return float(np.minimum(occupancy(first), occupancy(second)).sum())


def heldout_scores(
    simulator: AbstractSimulator, scenes: Sequence[ParticleScene], truth: np.ndarray
) -> dict[str, float]:
    """Mean overlap at the end, centre of mass error and position error of rollouts.

    **Arguments:** `truth`: positions after each step, `(scene, time, node, dim)`.
    """
    overlaps, centers, errors = [], [], []
    for scene, true in zip(scenes, truth, strict=True):
        frames, simulator, _ = simulate(simulator, scene, len(true))
        position = np.nan_to_num(frames.position, nan=0.0)
        overlaps.append(overlap(position[-1], true[-1]))
        centers.append(np.linalg.norm((position[-1] - true[-1]).mean(axis=0)))
        errors.append(((position - true) ** 2).sum(-1).mean())
    return {
        "overlap": float(np.mean(overlaps)),
        "com_error": float(np.mean(centers)),
        "rollout_mse": float(np.mean(errors)),
    }
