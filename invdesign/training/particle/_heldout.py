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
from ._sweep import Corners

Simulator = TypeVar("Simulator", bound=AbstractSimulator)


@eqx.filter_jit
def _frames(simulator: AbstractSimulator, scene: Any, num_steps: int) -> Any:
    trajectory = rollout(simulator, scene, num_steps=num_steps, throw=False)
    return trajectory.frames, trajectory.result


def simulate(
    simulator: Simulator, scene: Any, num_steps: int, *, grow: bool = True
) -> tuple[Any, Simulator, int]:
    """What is observed after each step, as NumPy arrays: a `ParticleFrame` of a particle scene.

    Grows the simulator until the edges fit, unless `grow` says that they need not.

    Returns the grown simulator too, and the `RESULTS` code.
    """
    while True:
        frames, code = jax.device_get(_frames(simulator, scene, num_steps))
        if not grow or int(code) != RESULTS.capacity_exceeded:
            return frames, simulator, int(code)
        simulator = cast(Simulator, simulator.grow(1.5))


def occupancy(position: np.ndarray, box: Corners, cells: int = 16) -> np.ndarray:
    """Share of the particles in each cell of a grid over a box, `(cells, cells)`."""
    finite = position[np.isfinite(position).all(axis=1)]
    counts, _, _ = np.histogram2d(*finite.T, bins=cells, range=np.stack(box, axis=1).tolist())
    return counts / len(position)


def overlap(first: np.ndarray, second: np.ndarray, box: Corners) -> float:
    """Common share of two particle clouds on a 16 x 16 grid: 1 for equal, 0 for disjoint."""
    return float(np.minimum(occupancy(first, box), occupancy(second, box)).sum())


def box_of(scene: ParticleScene) -> Corners:
    """Lower and upper corner of a scene's box, in double precision."""
    lower, upper = (np.asarray(corner, np.float64) for corner in (scene.lower, scene.upper))
    return lower, upper


def heldout_scores(
    simulator: AbstractSimulator, scenes: Sequence[ParticleScene], truth: np.ndarray
) -> dict[str, float]:
    """Mean overlap at the end, centre of mass error and position error of rollouts.

    **Arguments:** `truth`: positions after each step, `(scene, time, node, dim)`.
    """
    overlaps, centers, errors = [], [], []
    for scene, true in zip(scenes, truth, strict=True):
        frames, simulator, _ = simulate(simulator, scene, len(true))
        box = box_of(scene)
        lost = np.isnan(frames.position)
        position = np.nan_to_num(np.where(lost, scene.lower, frames.position))
        overlaps.append(overlap(position[-1], true[-1], box))
        centers.append(np.linalg.norm((position[-1] - true[-1]).mean(axis=0)))
        errors.append(((position - true) ** 2).sum(-1).mean())
    return {
        "overlap": float(np.mean(overlaps)),
        "com_error": float(np.mean(centers)),
        "rollout_mse": float(np.mean(errors)),
    }
