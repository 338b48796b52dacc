"""How good a learned simulator is, beside the reference solver's own sensitivity."""

import dataclasses
import time
from collections.abc import Callable, Sequence
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np

from ..._host_geometry import segment_distance
from ...reference import MPM
from ...scenes import ParticleScene
from ...simulators.particle._simulator import ParticleSimulator
from ...simulators.particle._state import ParticleState
from ...training.particle._heldout import box_of, overlap, simulate
from ._skill import share_touched, skill

PERTURBATION = 1e-3  # of the box: how far the chaos floor moves each particle at the start
HORIZONS = 5
_TOTALS = ("num_nonfinite", "num_outside")


class SceneRecord(eqx.Module):
    """Positions of one held-out scene, `(time, node, 2)` with the initial frame first."""

    scene: ParticleScene
    truth: np.ndarray
    floor: np.ndarray
    model: np.ndarray


@eqx.filter_jit
def _next_positions(
    simulator: ParticleSimulator, scene: ParticleScene, position: Any, velocity: Any
) -> Any:
    context, _ = simulator.init(scene)

    def following(x: Any, v: Any) -> Any:
        return simulator.step(context, ParticleState(x, v))[0].position

    return jax.vmap(following)(position, velocity)


def _one_step_mse(
    simulator: ParticleSimulator, record: SceneRecord, velocity: np.ndarray, moments: np.ndarray
) -> float:
    """Of the next position, from the solver's own states; `velocity` is without the first frame."""
    start = jnp.asarray(record.truth[moments]), jnp.asarray(velocity[moments - 1])
    predicted = np.asarray(_next_positions(simulator, record.scene, *start))
    return float(((predicted - record.truth[moments + 1]) ** 2).sum(-1).mean())


def evaluate_simulator(
    simulator: ParticleSimulator,
    scenes: Sequence[ParticleScene],
    *,
    bare: Sequence[ParticleScene] | None = None,
    seed: int = 0,
    num_steps: int = 100,
    horizons: int = HORIZONS,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> tuple[dict[str, float], list[SceneRecord]]:
    """Compare rollouts with the reference solver on scenes of equal sizes.

    Returns the numbers of a model card and the positions behind them:

    - `one_step_mse`: of the next position from the solver's own states, in m^2;
    - `rollout_mse`: of positions over the horizon, m^2, and `rollout_floor` the same between
      the solver and itself;
    - `occupancy_overlap`, `occupancy_floor`: common share of a 16 x 16 occupancy grid at the end of
      the horizon, of the model and of the solver with each particle started up to a thousandth of
      the box off;
    - `com_error`, `com_floor`: distance of the centres of mass at the end, m;
    - `num_nonfinite`, `num_outside`: particles that became non-finite, left the box or entered an
      obstacle within `horizons` horizons;
    - `model_seconds_per_step`, `solver_seconds_per_step`;
    - with `bare`, the same scenes without their tools: `overlap_without_tools` of the solver there,
      `contact_share` of the particles that touch a tool in the solver, and the `skill` with its
      standard error.

    **Arguments:** `seed` moves the particles for the floor; `num_steps` is the horizon in frames.

    **Raises:** `ValueError` if there are no scenes.
    """
    if len(scenes) < 1:
        raise ValueError("`evaluate_simulator` needs at least one scene.")
    solver = _solver(simulator.dt, scenes)
    rows, records = [], []
    for index, scene in enumerate(scenes):
        start = np.asarray(scene.position)
        moved = _moved(scene, np.random.default_rng([seed, index]))
        nearby = eqx.tree_at(lambda s: s.position, scene, jnp.asarray(moved))
        truth, _, _ = simulate(solver, scene, num_steps)
        floor, _, _ = simulate(solver, nearby, num_steps)
        model, simulator, _ = simulate(simulator, scene, horizons * num_steps)
        record = SceneRecord(
            scene,
            np.concatenate([start[None], truth.position]),
            np.concatenate([moved[None], floor.position]),
            np.concatenate([start[None], model.position]),
        )
        row = _scene_row(record, num_steps)
        moments = np.linspace(2, num_steps - 2, 8).astype(int)
        row["one_step_mse"] = _one_step_mse(simulator, record, np.asarray(truth.velocity), moments)
        if bare is not None:
            row |= _tool_row(record, bare[index], solver)
        rows.append(row)
        records.append(record)
        progress(index + 1, len(scenes))
    metrics = {k: float(np.mean([r[k] for r in rows])) for k in rows[0] if k not in _TOTALS}
    metrics |= {k: float(np.sum([r[k] for r in rows])) for k in _TOTALS}
    if bare is not None:
        metrics |= skill(rows)
    metrics |= _speeds(simulator, solver, records[0].scene, num_steps)
    return metrics, records


def _tool_row(record: SceneRecord, bare: ParticleScene, solver: MPM) -> dict[str, float]:
    """What the tools of a scene do in the solver."""
    without, _, _ = simulate(solver, bare, len(record.truth) - 1)
    touched = share_touched(record.scene, bare, record.truth, solver.spacing)
    left = overlap(without.position[-1], record.truth[-1], box_of(record.scene))
    return {"contact_share": touched, "overlap_without_tools": left}


def _solver(dt: float, scenes: Sequence[ParticleScene]) -> MPM:
    """The reference solver, with room for the largest box."""
    usual = MPM(dt=dt)
    size = np.max([upper - lower for lower, upper in map(box_of, scenes)], axis=0)
    cells = np.ceil(size / usual.cell - 1e-3)
    return dataclasses.replace(usual, extent=tuple((cells * usual.cell).tolist()))


def _moved(scene: ParticleScene, rng: np.random.Generator) -> np.ndarray:
    """Positions with each particle up to a thousandth of the box off, and within it."""
    start, (lower, upper) = np.asarray(scene.position), box_of(scene)
    most = PERTURBATION * (upper - lower)
    moved = start + rng.uniform(-1, 1, start.shape) * most
    return np.clip(moved, lower + most, upper - most).astype(start.dtype)


def _scene_row(record: SceneRecord, num_steps: int) -> dict[str, float]:
    truth, floor, model = record.truth, record.floor, record.model
    finite = np.asarray(np.isfinite(model).all(axis=-1))
    box = lower, upper = box_of(record.scene)
    safe = np.where(finite[..., None], model, (0.5 * (lower + upper)).astype(model.dtype))
    outside = ((safe < lower) | (safe > upper)).any(axis=-1)
    segments, radius = np.asarray(record.scene.segments), np.asarray(record.scene.segment_radius)
    # A tenth of the radius is what a corner of two links may leave to rounding and overlap.
    # A random tool may stand where the water starts: the first frame is nobody's fault.
    near = [segment_distance(frame, segments) < 0.9 * radius[None] for frame in safe[1::5]]
    inside = np.array(near).any(axis=-1) & finite[1::5]
    horizon = safe[: num_steps + 1]
    return {
        "rollout_mse": float(((horizon - truth) ** 2).sum(-1).mean()),
        "rollout_floor": float(((floor - truth) ** 2).sum(-1).mean()),
        "occupancy_overlap": overlap(horizon[-1], truth[-1], box),
        "occupancy_floor": overlap(floor[-1], truth[-1], box),
        "com_error": float(np.linalg.norm((horizon[-1] - truth[-1]).mean(axis=0))),
        "com_floor": float(np.linalg.norm((floor[-1] - truth[-1]).mean(axis=0))),
        "num_nonfinite": float((~finite).any(axis=0).sum()),
        "num_outside": float((outside.any(axis=0) | inside.any(axis=0)).sum()),
    }


def _speeds(simulator: Any, solver: MPM, scene: ParticleScene, num_steps: int) -> dict[str, float]:
    seconds = {}
    for name, moving in (("model", simulator), ("solver", solver)):
        simulate(moving, scene, num_steps)
        start = time.perf_counter()
        simulate(moving, scene, num_steps)
        seconds[f"{name}_seconds_per_step"] = (time.perf_counter() - start) / num_steps
    return seconds
