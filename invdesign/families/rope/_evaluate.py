"""Rollouts of a model of ropes beside MuJoCo's: held-out ropes, longer ones, added obstacles."""

import dataclasses
from collections.abc import Callable

import numpy as np

from ...scenes import NodeKind
from ...simulators import ConstraintSimulator
from .._iterations import counts_beside, iterated
from ._data import NUM_FRAMES, simulated_rope
from ._rollouts import rope_errors, simulated_ropes
from ._ropes import LINK, RandomRopes

_HELD_OUT = 2**31  # added to seeds: no training draws from these
# Nodes of ropes of one size beside those of training.
LARGER = (20, 40)
_FEW = 20  # inner iterations, at most, of those


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


def evaluate_ropes(
    simulator: ConstraintSimulator,
    *,
    seed: int = 0,
    number: int = 30,
    num_steps: int = NUM_FRAMES,
    larger: int = 40,
    iterations: int = 20,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> tuple[dict[str, float], RopeRecords]:
    """Numbers of a model, and the trajectories of ropes of the sizes it learned from.

    Errors are root mean square distances of free nodes from MuJoCo over all frames of a rollout in
    metres, infinite where a node is off by more than one; medians over ropes.

    **Arguments:** `larger`: the most nodes of ropes of `LARGER`; `iterations`: the most of
    `ITERATIONS`; at most 20 of the larger ropes.

    **Returns:** the numbers, and the ropes of the first size:

    - `rollout_error`: as shipped; `rollout_error_20`, `rollout_error_40`: ropes of so many nodes.
    - `..._nN`: with `N` inner iterations; `..._lost`: how many blew up.
    - `stretch`, `stretch_truth`: mean relative error of links' lengths.
    - `end_error`: as `rollout_error`, of the last frame alone.
    """
    sizes = {"": RandomRopes()}
    sizes |= {f"_{n}": RandomRopes(nodes=(n, n), padded=n) for n in LARGER if n <= larger}
    counts = counts_beside(simulator, iterations)
    metrics: dict[str, float] = {}
    records: list[RopeRecords] = []
    for suffix, ropes in sizes.items():
        few = number if suffix == "" else max(1, number // 3)
        truth = held_out_ropes(seed, few, ropes, num_steps)
        found = simulated_ropes(simulator, truth, num_steps)
        records.append(RopeRecords(truth, found))
        metrics |= _summary(f"rollout_error{suffix}", found, truth)
        for count in [each for each in counts if suffix == "" or each <= _FEW]:
            name, model = f"rollout_error{suffix}_n{count}", iterated(simulator, count)
            metrics |= _summary(name, simulated_ropes(model, truth, num_steps), truth)
        progress(len(records), len(sizes))
    shown = records[0]
    last = rope_errors(shown.model[:, -1:], last_frame(shown.truth))
    metrics["end_error"] = float(np.median(last))
    metrics["stretch"] = stretch(shown.model, shown.truth)
    metrics["stretch_truth"] = stretch(shown.truth["positions"][:, 1:], shown.truth)
    return metrics, shown


def last_frame(truth: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Ropes whose `positions` are the first and the last alone."""
    return {**truth, "positions": truth["positions"][:, [0, -1]]}


def _summary(name: str, found: np.ndarray, truth: dict[str, np.ndarray]) -> dict[str, float]:
    errors = rope_errors(found, truth)
    return {name: float(np.median(errors)), f"{name}_lost": float(np.isinf(errors).sum())}


def stretch(positions: np.ndarray, ropes: dict[str, np.ndarray]) -> float:
    """Mean relative error of the links' lengths over frames and ropes; what blew up does not count.

    **Arguments:** `positions`: `(rope, time, node, 2)`.
    """
    lengths = np.linalg.norm(np.diff(positions, axis=2), axis=-1)
    there = (ropes["kind"][:, 1:] == NodeKind.FREE)[:, None] & (lengths < 2 * LINK)
    return float(np.abs(lengths / LINK - 1)[np.broadcast_to(there, lengths.shape)].mean())
