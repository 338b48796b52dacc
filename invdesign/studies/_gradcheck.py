"""How far a gradient through a simulator can be trusted: automatic against finite differences."""

import dataclasses
from collections.abc import Callable, Sequence
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np

from .._checks import (
    MOST_CANDIDATES,
    checked_count,
    checked_kind,
    checked_latent,
    checked_number,
)
from .._problem import Problem
from ._directional import (
    CapacityError,
    Directional,
    agreement,
    random_directions,
    refuse_failure,
)
from ._recorded import Stretch, first_conditions, initial_state, record

HORIZONS = (1, 10, 50)
COARSE = 1e-2
STEPS = (1e-3, 1e-4, 1e-5, 1e-6, 1e-7)
_SWEPT = 4  # directions of the search for a step


@dataclasses.dataclass(frozen=True)
class GradientCheck:
    """What `gradcheck` found.

    **Arguments:**

    - `rows`: one dictionary of plain numbers a horizon, see `gradcheck`.
    - `first_nonfinite`: the shortest horizon from the scene's start, in steps, whose gradient is
      not finite; `None` if all are.
    - `num_scenes`: how many the coarse step was averaged over.
    - `num_growths`: how often the simulator's capacity was doubled.
    - `notes`: sentences on why the numbers may be poor, often none.
    """

    rows: list[dict[str, Any]]
    first_nonfinite: int | None
    num_scenes: int
    num_growths: int
    notes: tuple[str, ...] = ()


def gradcheck(
    problem: Problem,
    *,
    latent: Any = None,
    horizons: Sequence[int] | None = None,
    steps: Sequence[float] = STEPS,
    num_directions: int = 16,
    num_scenes: int = 2,
    gap: float = 0.01,
    seed: int = 0,
    watch: Callable[[str, float], None] = lambda phase, share: None,
) -> GradientCheck:
    r"""Compare the gradient of a task's value with central finite differences, in float64.

    Along random directions $u_k$ the automatic $g \cdot u_k$ is set against
    $(f(z + h u_k) - f(z - h u_k)) / 2h$; the cosine is that of the two vectors over $k$.
    Directions are scaled such that a step $h$ moves the design's parameters by $h$ (root mean
    square; radians for angles). Only what goes through the simulator counts: where the objective
    looks at the design itself, that is held fixed.

    The full horizon starts from the scene. Shorter ones start from a recorded state, the first in
    which the water touches the tool, and see the design's effect from there on. Fine steps are
    tried in the first scene along four directions; the one with the smallest error is then used
    along all of them. The coarse step of 0.01 is what an optimizer feels; it looks at the mean
    over several scenes, the training conditions first and then unseen ones.

    **Arguments:**

    - `problem`: task, simulator and the adjoint to check; grown where capacity runs out.
    - `latent`: where; the space's initial one by default.
    - `horizons`: in steps, at most the task's, which is always added; by default those of 1, 10
      and 50 that fit.
    - `steps`: fine steps of the differences, in the parameters' unit.
    - `num_directions`: random directions.
    - `num_scenes`: scenes that the coarse step averages over, or all if there are fewer.
    - `gap`: distance from the tool's surface in metres below which a particle touches it.
    - `seed`: of the directions.
    - `watch`: called with what is being done and the share of the work that is behind.

    **Returns:** rows with `horizon`, `start` (the step of the recorded state), `contact` (whether
    water touches the tool there), `value`, `gradient_norm` (by the latent), `growth` (of that norm
    over the first row's), `cosine`, `relative_error`, `step` (the best), `sweep` (rows of `step`,
    `cosine`, `relative_error`), all in the first scene; and `cosine_coarse` and
    `relative_error_coarse` over `num_scenes`. `None` is what is not finite or not defined.

    **Raises:** `ValueError` without float64, for arguments out of range, if the simulation fails
    at `latent` itself, or if capacity cannot grow any further.
    """
    checked_kind(problem, Problem, "a problem", "gradcheck")
    checked_count(seed, "seed", "gradcheck", least=0)
    horizons = _checked(problem, horizons, steps, num_directions, num_scenes)
    problem = jax.tree.map(
        lambda x: x.astype(jnp.float64) if eqx.is_inexact_array(x) else x, problem
    )
    space = problem.task.space
    latent = space.initial() if latent is None else checked_latent(latent, "gradcheck", space.size)
    latent = jnp.asarray(latent, jnp.float64)
    notes = problem.check(latent)
    directions = random_directions(problem, latent, num_directions, seed)
    num_growths = 0
    while True:
        meter = _Meter(problem, horizons, len(steps), num_directions, num_scenes, watch)
        check = Directional(problem, latent, directions, _SWEPT, meter.spend)
        try:
            meter.begin("recorded states")
            scenes = [_record(check, c, gap) for c in first_conditions(problem, num_scenes)]
            rows = []
            for horizon in horizons:
                meter.begin(f"horizon {horizon}")
                rows.append(_row(check, horizon, scenes, steps))
            first = _first_nonfinite(check, scenes, rows[-1]["gradient_norm"])
            return GradientCheck(_with_growth(rows), first, len(scenes), num_growths, notes)
        except CapacityError:
            problem = problem.grow(2.0)
            num_growths += 1


def _checked(
    problem: Problem,
    horizons: Sequence[int] | None,
    steps: Sequence[float],
    num_directions: int,
    num_scenes: int,
) -> list[int]:
    """The horizons in order, the full one last."""
    if not jax.config.read("jax_enable_x64"):
        raise ValueError(
            "`gradcheck` needs float64; call `jax.config.update('jax_enable_x64', True)` first."
        )
    full = problem.task.num_steps
    if horizons is None:
        horizons = [h for h in HORIZONS if h < full]
    whole = [checked_count(h, "horizons", "gradcheck", least=0) for h in horizons]
    if not all(1 <= h <= full for h in whole):
        raise ValueError(
            f"`gradcheck` needs horizons from 1 to the task's {full} steps, got "
            f"{', '.join(str(h) for h in horizons)}."
        )
    if not steps:
        raise ValueError("`gradcheck` needs at least one step, got none.")
    for step in steps:
        checked_number(step, "steps", "gradcheck", above=0)
    checked_count(num_directions, "num_directions", "gradcheck", most=MOST_CANDIDATES)
    checked_count(num_scenes, "num_scenes", "gradcheck")
    return sorted({*whole, full})


class _Meter:
    """Turns simulator steps into the share of the work that is behind."""

    def __init__(self, problem, horizons, num_steps, num_directions, num_scenes, watch):
        swept = min(_SWEPT, num_directions)
        rollouts = 2 * (1 + num_steps) * swept + 4 * (num_directions - swept)
        rollouts += 2 * (num_scenes - 1) * num_directions + num_scenes * problem.gradient_cost
        self.total = sum(horizons) * rollouts
        self.done, self.phase, self.watch = 0.0, "", watch

    def begin(self, phase: str) -> None:
        self.phase = phase
        self.spend(0.0)

    def spend(self, steps: float) -> None:
        self.done += steps
        self.watch(self.phase, min(1.0, self.done / self.total))


@dataclasses.dataclass(frozen=True)
class _Scene:
    """A condition with its first state and the one at contact, after `step` steps, if any."""

    condition: Any
    first: Any
    touching: Any
    step: int
    contact: bool


def _stretch(condition: Any, state: Any, horizon: int) -> Stretch:
    return Stretch(condition, state, jnp.asarray(horizon, jnp.int32))


def _record(check: Directional, condition: Any, gap: float) -> _Scene:
    problem, latent = check.problem, check.latent
    first = initial_state(problem, latent, condition)
    whole = _stretch(condition, first, problem.task.num_steps)
    _, touching, code = record(problem, latent, whole, gap)
    refuse_failure(int(code))
    contact = bool(touching.any())
    step = int(np.argmax(touching)) + 1 if contact else 0
    state, _, _ = record(problem, latent, _stretch(condition, first, step), gap)
    return _Scene(condition, first, state, step, contact)


def _row(
    check: Directional, horizon: int, scenes: Sequence[_Scene], steps: Sequence[float]
) -> dict[str, Any]:
    full = horizon == check.problem.task.num_steps
    stretches = [_stretch(s.condition, s.first if full else s.touching, horizon) for s in scenes]
    found = [check.gradient(stretch) for stretch in stretches]
    grads = np.stack([grad for _, grad in found])
    along = grads @ check.directions.T

    few, rest = slice(0, _SWEPT), slice(_SWEPT, None)
    tried = {h: check.differences(stretches[0], h, few) for h in (COARSE, *steps)}
    sweep = [{"step": h, **agreement(along[0, few], tried[h])} for h in tried]
    known = [entry for entry in sweep if entry["relative_error"] is not None]
    best = min(known, key=lambda entry: entry["relative_error"], default=sweep[-1])["step"]

    def whole(step):
        return np.concatenate([tried[step], check.differences(stretches[0], step, rest)])

    coarse = [check.differences(other, COARSE, slice(None)) for other in stretches[1:]]
    first = whole(best)
    coarse = [first if best == COARSE else whole(COARSE), *coarse]
    felt = agreement(along.mean(axis=0), np.mean(coarse, axis=0))
    return {
        "horizon": horizon,
        "start": 0 if full else scenes[0].step,
        "contact": not full and scenes[0].contact,
        "value": found[0][0],
        "gradient_norm": _finite(np.linalg.norm(grads[0])),
        **agreement(along[0], first),
        "step": best,
        "sweep": sweep,
        **{f"{key}_coarse": value for key, value in felt.items()},
    }


def _with_growth(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    unit = rows[0]["gradient_norm"]
    norms = [row["gradient_norm"] for row in rows]
    growth = [norm / unit if unit and norm is not None else None for norm in norms]
    return [{**row, "growth": factor} for row, factor in zip(rows, growth, strict=True)]


def _first_nonfinite(
    check: Directional, scenes: Sequence[_Scene], norm: float | None
) -> int | None:
    """The shortest horizon whose gradient is not finite, by bisection; `norm` is the longest's."""
    if norm is not None:
        return None
    low, high = 0, check.problem.task.num_steps
    while high - low > 1:
        middle = (low + high) // 2
        _, grad = check.gradient(_stretch(scenes[0].condition, scenes[0].first, middle))
        low, high = (middle, high) if np.isfinite(grad).all() else (low, middle)
    return high


def _finite(number: Any) -> float | None:
    return float(number) if np.isfinite(number) else None
