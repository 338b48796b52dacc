"""How good a learned simulator of strips is, beside the springs' own sensitivity."""

import dataclasses
import time
from collections.abc import Callable
from typing import Any

import numpy as np

from ..._simulator import AbstractSimulator
from ...reference import AbstractReference, Simulated, Springs
from ...scenes import NodeKind, SpringScene, elastic_scene
from ._strips import RandomStrips

PERTURBATION = 1e-3  # of the strip's length: how far the twin moves each free node at the start
_TWIN, _TRAVEL = 2.0, 0.02  # the bar: so many errors of the twin, and this share of the travel
_HELD_OUT = 10**6  # added to the seed: no data set has such scenes


@dataclasses.dataclass(frozen=True)
class StripRecord:
    """A held-out scene, and the positions that springs, their twin and a model make of it.

    **Arguments:** `truth`, `twin`, `model`: `(time, node, 2)`, the first frame first.
    """

    scene: SpringScene
    truth: np.ndarray
    twin: np.ndarray
    model: np.ndarray

    @property
    def is_free(self) -> np.ndarray:
        return np.asarray(self.scene.kind) == NodeKind.FREE

    def errors(self, positions: np.ndarray) -> np.ndarray:
        """Distance of every free node from where the springs have it, `(time, node)`."""
        off = np.linalg.norm(positions - self.truth, axis=-1)[:, self.is_free]
        return np.where(np.isfinite(off), off, np.inf)

    @property
    def travel(self) -> np.ndarray:
        """Length of the way of every free node up to each frame, `(time, node)`."""
        steps = np.linalg.norm(np.diff(self.truth, axis=0), axis=-1)[:, self.is_free]
        return np.concatenate([np.zeros((1, steps.shape[1])), np.cumsum(steps, axis=0)])


def evaluate_strips(
    simulator: AbstractSimulator,
    *,
    seed: int = 0,
    number: int = 30,
    num_steps: int = 100,
    strips: RandomStrips | None = None,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> tuple[dict[str, float], list[StripRecord]]:
    """Compare rollouts with the springs on random strips that training never shows.

    Returns the numbers of a card and the positions behind them, over all free nodes and scenes:

    - `node_error`, `node_floor`: median distance from the springs at the last frame in m, of the
      model and of the springs' own twin, with each free node started up to a thousandth of the
      strip's length off;
    - `travel`: median way of a node until then, m; `node_bar`: twice the floor and 2% of it;
    - `node_error_all`, `node_floor_all`: the medians over all frames;
    - `position_error`: root mean square over all frames, m;
    - `num_failed`: scenes whose rollout failed;
    - `model_seconds_per_step`, `solver_seconds_per_step`.

    **Raises:** `ValueError` if there is no scene.
    """
    if number < 1:
        raise ValueError(f"`evaluate_strips` needs at least one scene, got {number}.")
    strips = RandomStrips() if strips is None else strips
    springs, model = Simulated(Springs(dt=simulator.dt)), Simulated(simulator)
    length = strips.spacing * (strips.num_along - 1)
    records, failed = [], 0
    for index in range(number):
        rng = np.random.default_rng([_HELD_OUT + seed, index])
        sample = strips.sample(rng)
        shift = rng.uniform(-1, 1, sample["position"].shape) * PERTURBATION * length
        free = (sample["kind"] == NodeKind.FREE)[:, None]
        moved = sample["position"] + np.where(free, shift, 0.0).astype(np.float32)
        scene, twin = elastic_scene(sample), elastic_scene({**sample, "position": moved})
        truth, beside = (_positions(springs, each, num_steps)[0] for each in (scene, twin))
        found, code = _positions(model, scene, num_steps)
        failed += code != 0
        records.append(StripRecord(scene, truth, beside, found))
        progress(index + 1, number)
    metrics = _metrics(records) | {"num_failed": float(failed)}
    for name, each in (("model", model), ("solver", springs)):
        start = time.perf_counter()
        _positions(each, records[0].scene, num_steps)
        metrics[f"{name}_seconds_per_step"] = (time.perf_counter() - start) / num_steps
    return metrics, records


def _positions(
    reference: AbstractReference, scene: SpringScene, num_steps: int
) -> tuple[np.ndarray, int]:
    (trajectory,) = reference.trajectories([scene], num_steps=num_steps)
    start = np.asarray(trajectory.initial.position)[None]
    return np.concatenate([start, trajectory.frames.position]), int(trajectory.result)


def _metrics(records: list[StripRecord]) -> dict[str, float]:
    def median(values: list[Any]) -> float:
        return float(np.median(np.concatenate([np.ravel(each) for each in values])))

    model, twin = ([r.errors(getattr(r, name)) for r in records] for name in ("model", "twin"))
    travel = median([record.travel[-1] for record in records])
    floor = median([each[-1] for each in twin])
    squares = np.concatenate([np.ravel(each[1:]) for each in model]) ** 2
    return {
        "node_error": median([each[-1] for each in model]),
        "node_floor": floor,
        "travel": travel,
        "node_bar": _TWIN * floor + _TRAVEL * travel,
        "node_error_all": median([each[1:] for each in model]),
        "node_floor_all": median([each[1:] for each in twin]),
        "position_error": float(np.sqrt(squares.mean())),
    }
