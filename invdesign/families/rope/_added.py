"""Obstacles that no training has shown, beside MuJoCo with the same ones."""

import dataclasses

import jax.numpy as jnp
import numpy as np

from ...scenes import AbstractObstacles, Capsules, HalfSpaces, NodeKind
from ...scenes._ropes import gaps
from ...simulators import ConstraintSimulator, HardContact, SoftContact
from ._data import simulated_rope
from ._rollouts import rope_errors, simulated_ropes
from ._ropes import RADIUS, RandomRopes

_SEED = 2**31 + 2**20  # no training draws from it
_TRIES = 1000


def added_obstacles() -> dict[str, tuple[AbstractObstacles, ...]]:
    """A floor, a disk and a wall around ropes that are held at the origin, by name."""
    floor = HalfSpaces([[0.0, 1.0]], [-0.3])
    disk = Capsules(np.asarray([[[0.05, -0.35], [0.05, -0.35]]]), np.asarray([0.12]))
    wall = Capsules(np.asarray([[[0.2, -0.1], [0.2, -1.2]]]), np.asarray([0.04]))
    return {"floor": (floor,), "disk": (disk,), "wall": (wall,)}


def ropes_beside(
    obstacles: tuple[AbstractObstacles, ...], number: int, num_steps: int
) -> dict[str, np.ndarray]:
    """Random ropes that begin outside of obstacles, with `positions` by MuJoCo among them.

    Beside these, `free`: the positions without.
    """
    rng, rows = np.random.default_rng(_SEED), []
    for _ in range(_TRIES):
        arrays = RandomRopes().sample(rng)
        if depths(obstacles, arrays["position"][None, None], arrays["kind"][None]).max() > 0:
            continue
        row = simulated_rope(arrays, num_steps, obstacles=obstacles)
        rows.append({**row, "free": simulated_rope(arrays, num_steps)["positions"]})
        if len(rows) == number:
            break
    return {key: np.stack([row[key] for row in rows]) for key in rows[0]}


def depths(
    obstacles: tuple[AbstractObstacles, ...], positions: np.ndarray, kind: np.ndarray
) -> np.ndarray:
    """How deep free nodes are in obstacles in metres, `(rope, time, node)`; 0 outside.

    **Arguments:** `positions`: `(rope, time, node, 2)`; `kind`: `(rope, node)`.
    """
    points = jnp.asarray(np.nan_to_num(positions, nan=1e3).reshape(-1, 2), jnp.float32)
    room, _ = gaps(obstacles, points, RADIUS)
    deep = np.maximum(-np.asarray(room).min(axis=0), 0).reshape(positions.shape[:-1])
    return np.where((kind == NodeKind.FREE)[:, None], deep, 0.0)


def evaluate_added(
    simulator: ConstraintSimulator, *, number: int = 20, num_steps: int = 160
) -> dict[str, float]:
    """Errors and penetration with a floor, a disk and a wall.

    By obstacle, and for each way they act (`hard`, `soft`, `none` for a model that is not told):
    `penetration` is the deepest any node is at any frame over its radius, `error` the median of
    root mean square distances from MuJoCo with the obstacle in metres, and `lost` how many blew up.
    `free_error` is of the same ropes without the obstacle, model against MuJoCo;
    `mujoco_..._penetration` is MuJoCo's own.
    """
    metrics: dict[str, float] = {}
    for name, obstacles in added_obstacles().items():
        ropes = ropes_beside(obstacles, number, num_steps)
        own = depths(obstacles, ropes["positions"], ropes["kind"]).max()
        metrics[f"{name}_mujoco_penetration"] = float(own / RADIUS)
        alone = simulated_ropes(simulator, ropes, num_steps)
        free = rope_errors(alone, {**ropes, "positions": ropes["free"]})
        metrics[f"{name}_free_error"] = float(np.median(free))
        found = {"none": alone}
        for way, contact in (("hard", HardContact()), ("soft", SoftContact())):
            model = dataclasses.replace(simulator, contact=contact)
            found[way] = simulated_ropes(model, ropes, num_steps, obstacles=obstacles)
        for way, positions in found.items():
            deep = depths(obstacles, positions, ropes["kind"])
            errors = rope_errors(positions, ropes)
            metrics[f"{name}_{way}_penetration"] = float(deep.max() / RADIUS)
            metrics[f"{name}_{way}_error"] = float(np.median(errors))
            metrics[f"{name}_{way}_lost"] = float(np.isinf(errors).sum())
    return metrics
