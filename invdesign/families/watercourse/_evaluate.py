"""Where a model's water lands, beside the solver's and the solver's own chaos."""

import dataclasses
import time
from collections.abc import Callable, Sequence
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np

from ...graphs import RadiusGraph
from ...scenes import Landscape, ParticleFrame, ParticleScene
from ...simulators import ParticleSimulator
from ...training.particle._heldout import simulate
from ._agreement import NUMBERS, Landed, agreement, landed_of
from ._data import random_course
from ._landscapes import RandomLandscapes
from ._reference import solver_of

_HELD_OUT = 2**31  # added to seeds: no training draws from these
PERTURBATION = 1e-3  # m: how far the chaos floor moves each particle at the start
_UP, _FLAT = 1, np.array([0, 2])
_TOTALS = ("num_lost", "num_below")


@dataclasses.dataclass(frozen=True)
class CourseRecord:
    """One held-out landscape, and where water has landed: by the solver, by the solver from a start
    a millimetre off, by the model, and where every particle slips alone."""

    heights: np.ndarray
    truth: Landed
    floor: Landed
    model: Landed
    alone: Landed

    @property
    def error(self) -> float:
        """1 less the agreement with the solver."""
        return 1.0 - agreement(self.model, self.truth)["agreement"]


def held_out_courses(seed: int, number: int) -> list[ParticleScene]:
    """Streams over troughs, cones, saddles and spirals, which no training draws."""
    landscapes = RandomLandscapes(held_out=True)
    return [random_course(landscapes, _HELD_OUT + seed, index) for index in range(number)]


def evaluate_courses(
    simulator: ParticleSimulator,
    scenes: Sequence[ParticleScene],
    *,
    seed: int = 0,
    num_steps: int = 80,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> tuple[dict[str, float], list[CourseRecord]]:
    """Numbers of a model card, means over scenes, and the landings behind them.

    - those of `agreement`, of the model beside the solver; `..._floor`: of the solver from a start
      with each particle up to a millimetre off; `..._alone`: of particles that slip along
      the landscape as if there were no others;
    - `landed`, `landed_truth`: shares; `spread`, `spread_truth`: of landing points in metres;
    - `num_lost`: particles that became non-finite; `num_below`: that went through the landscape;
    - `model_seconds_per_step`, `solver_seconds_per_step`: of the first scene.

    **Raises:** `ValueError` if there are no scenes.
    """
    if len(scenes) < 1:
        raise ValueError("`evaluate_courses` needs at least one scene.")
    solver = solver_of(scenes[0], simulator.dt)
    rows: list[dict[str, float]] = []
    records: list[CourseRecord] = []
    for index, scene in enumerate(scenes):
        rng = np.random.default_rng([seed, index])
        shift = PERTURBATION * rng.uniform(-1, 1, scene.position.shape).astype(np.float32)
        moved = eqx.tree_at(lambda s: s.position, scene, scene.position + shift)
        truth, floor = (simulate(solver, each, num_steps)[0] for each in (scene, moved))
        model, simulator, _ = simulate(simulator, scene, num_steps)
        alone, _, _ = simulate(_slipping(simulator), scene, num_steps, grow=False)
        landed = [_landed(each) for each in (truth, floor, model, alone)]
        sheet = scene.bodies[0]
        assert isinstance(sheet, Landscape)
        records.append(CourseRecord(np.asarray(sheet.heights), *landed))
        rows.append(_row(records[-1]) | _failures(model, sheet))
        progress(index + 1, len(scenes))
    metrics = {key: float(np.mean([row[key] for row in rows])) for key in rows[0]}
    metrics |= {key: float(np.sum([row[key] for row in rows])) for key in _TOTALS}
    for name, moving in (("model", simulator), ("solver", solver)):
        start = time.perf_counter()
        simulate(moving, scenes[0], num_steps)
        metrics[f"{name}_seconds_per_step"] = (time.perf_counter() - start) / num_steps
    return metrics, records


def _slipping(simulator: ParticleSimulator) -> ParticleSimulator:
    """The same path of each particle with nothing that corrects it, and without neighbors.

    In a pit particles that do not push each other come to lie in one place. Such pairs are listed
    as far as there is room, which need not grow: the weights are 0.
    """
    nothing: Any = jax.tree.map(
        lambda x: jnp.zeros_like(x) if eqx.is_inexact_array(x) else x, simulator.network
    )
    nobody = RadiusGraph(1e-9, 1e-3)
    return dataclasses.replace(simulator, network=nothing, connectivity=nobody, mixing=0.0)


def _landed(frames: ParticleFrame) -> Landed:
    assert frames.passage is not None
    position = np.nan_to_num(np.asarray(frames.position[-1]))
    return landed_of(position, frames.passage.landed[-1], frames.passage.when[-1])  # type: ignore[arg-type]


def _row(record: CourseRecord) -> dict[str, float]:
    row = agreement(record.model, record.truth)
    for name in ("floor", "alone"):
        other = agreement(getattr(record, name), record.truth)
        row |= {f"{key}_{name}": other[key] for key in NUMBERS}
    return row | {
        "landed": record.model.share,
        "landed_truth": record.truth.share,
        "spread": record.model.spread,
        "spread_truth": record.truth.spread,
    }


def _failures(frames: ParticleFrame, sheet: Landscape) -> dict[str, float]:
    """Particles that were lost, and those that went from above the sheet's middle to below it."""
    position = np.asarray(frames.position)
    finite = np.asarray(np.isfinite(position).all(axis=-1))
    flat = position[..., _FLAT]
    ground = sheet.height(jnp.asarray(np.nan_to_num(flat).reshape(-1, 2)))
    over: np.ndarray = np.greater(position[..., _UP], np.asarray(ground).reshape(finite.shape))
    inside = np.asarray(np.logical_and(flat > 0.0, flat < 1.0).all(axis=-1))
    through = inside[:-1] & inside[1:] & over[:-1] & ~over[1:]
    return {
        "num_lost": float((~finite).any(axis=0).sum()),
        "num_below": float(through.any(axis=0).sum()),
    }
