"""How a model of fields does beside the solver, and the solver beside itself."""

import dataclasses
import time

import jax
import jax.numpy as jnp
import numpy as np

from ..._simulator import AbstractSimulator
from ...reference import KuramotoSivashinsky
from ...training import Progress
from ...training.grid._skill import frames_followed, relative_errors, simulated_fields
from ._data import RandomFields
from ._waves import random_amplitudes, wave_basis

PERTURBATION = 1e-3  # of the twin's start, in the field's L2 norm
_SETTLED = 200  # frames until a random field is on the attractor
_OFF = (20, 40)  # frames from a random start after which errors are looked at
_TIMED = 5
_FIELDS = RandomFields(energy=(0.05, 2.0))


@dataclasses.dataclass(frozen=True)
class FieldRecords:
    """Trajectories on the attractor, `(trajectory, time, point)`, without the first frame.

    **Arguments:** `truth`, `model`, `twin`: by the solver, the model, and the solver from a start
    that is a thousandth off.
    """

    truth: np.ndarray
    model: np.ndarray
    twin: np.ndarray


def evaluate_fields(
    simulator: AbstractSimulator,
    solver: KuramotoSivashinsky,
    *,
    seed: int,
    number: int,
    num_steps: int,
    progress: Progress = lambda done, total: None,
) -> tuple[dict[str, float], FieldRecords]:
    """Numbers of a model, and the trajectories behind them.

    Random starts that no training draws, from which errors are measured at once, and on the
    attractor, where the time counts for which fields stay alike.

    **Arguments:** `number`: of trajectories; `num_steps`: on the attractor.
    """
    rng = np.random.default_rng([seed, 2**31])
    starts = _FIELDS.starts(seed + 2**31, 0, number)

    def run(who: AbstractSimulator, fields: np.ndarray, frames: int) -> np.ndarray:
        return simulated_fields(who, fields, length=solver.length, num_steps=frames)

    early = [run(who, begin, max(_OFF)) for who, begin in _trio(simulator, solver, starts, rng)]
    progress(1, 3)
    settled = run(solver, starts, _SETTLED)[:, -1]
    progress(2, 3)
    late = [run(who, begin, num_steps) for who, begin in _trio(simulator, solver, settled, rng)]
    progress(3, 3)
    records = FieldRecords(*late)
    return {
        **_followed(records, solver.dt),
        **_early_errors(*early),
        "field_error_step": float(np.median(relative_errors(late[1][:, 0], late[0][:, 0]))),
        "model_seconds_per_step": _seconds(simulator, settled[0], solver.length),
        "solver_seconds_per_step": _seconds(solver, settled[0], solver.length),
    }, records


def _trio(
    simulator: AbstractSimulator,
    solver: AbstractSimulator,
    starts: np.ndarray,
    rng: np.random.Generator,
) -> list[tuple[AbstractSimulator, np.ndarray]]:
    """Truth, model and twin: who simulates, and from where."""
    return [(solver, starts), (simulator, starts), (solver, nudged(starts, rng))]


def nudged(starts: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Fields that are `PERTURBATION` off in the L2 norm, along random waves, `(start, point)`."""
    basis = wave_basis(starts.shape[1])
    nudges = np.stack([random_amplitudes(rng, (1.0, 1.0)) @ basis for _ in starts])
    sizes = np.linalg.norm(starts, axis=1) / np.linalg.norm(nudges, axis=1)
    return (starts + PERTURBATION * sizes[:, None] * nudges).astype(starts.dtype)


def _followed(records: FieldRecords, dt: float) -> dict[str, float]:
    """Times for which fields stay alike, medians; how many of them the horizon cuts off."""
    model = dt * frames_followed(records.model, records.truth)
    twin = dt * frames_followed(records.twin, records.truth)
    return {
        "correlation_time": float(np.median(model)),
        "correlation_time_floor": float(np.median(twin)),
        "correlation_share": float(np.median(model) / np.median(twin)),
        "correlation_share_median": float(np.median(model / np.maximum(twin, dt))),
        "num_lost": float((~np.isfinite(records.model).all(axis=(1, 2))).sum()),
    }


def _early_errors(truth: np.ndarray, model: np.ndarray, twin: np.ndarray) -> dict[str, float]:
    found = {}
    for frames in _OFF:
        at = frames - 1
        found[f"field_error_{frames}"] = float(
            np.median(relative_errors(model[:, at], truth[:, at]))
        )
        found[f"field_error_{frames}_floor"] = float(
            np.median(relative_errors(twin[:, at], truth[:, at]))
        )
    return found


def _seconds(simulator: AbstractSimulator, field: np.ndarray, length: float) -> float:
    """Of a frame in a compiled rollout of one field, the least of some."""
    start, number, spent = jnp.asarray(field)[None], 100, []
    for _ in range(_TIMED + 1):  # the first one compiles
        begun = time.perf_counter()
        jax.block_until_ready(
            simulated_fields(simulator, np.asarray(start), length=length, num_steps=number)
        )
        spent.append((time.perf_counter() - begun) / number)
    return min(spent[1:])
