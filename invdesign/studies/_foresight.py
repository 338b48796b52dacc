"""What a gradient foresees of a step: its correlation with the value's change over that step."""

import dataclasses
from collections.abc import Callable, Sequence
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from .._adjoint import ClippedAdjoint, DirectAdjoint
from .._checks import checked_count, checked_kind
from .._problem import Problem
from .._results import RESULTS
from .._rollout import rollout
from .._types import Array, Code, Float, Int, Latent, Scalar
from ._advice import Advice, advice
from ._directional import CapacityError, refuse_failure, scaled
from ._plan import Plan, plan
from ._recorded import Recorded, first_conditions


@dataclasses.dataclass(frozen=True)
class Foresight:
    """What `foresight` found.

    **Arguments:**

    - `rows`: one dictionary of plain numbers for each horizon, limit and radius, see `foresight`.
    - `random`: standard deviation of the correlation of a direction that knows nothing.
    - `worth`: the correlation above which a gradient beats what it costs in random directions.
    - `advice`: one sentence; `limit`: what it speaks of.
    - `rollouts`: over the whole horizon, a gradient counted by its cost.
    - `num_points`, `num_directions`, `num_scenes`: what it rests on.
    """

    rows: list[dict[str, Any]]
    random: float
    worth: float
    advice: str
    limit: float
    rollouts: float
    num_points: int
    num_directions: int
    num_scenes: int


def foresight(
    problem: Problem,
    points: Sequence[Latent],
    *,
    radii: Sequence[float] | None = None,
    limits: Sequence[float] | None = None,
    horizons: Sequence[int] | None = None,
    num_directions: int = 12,
    num_scenes: int = 1,
    seed: int = 0,
    watch: Callable[[str, float], None] = lambda phase, share: None,
) -> Foresight:
    r"""How well gradients foresee what the value does over a step of a given length.

    Along random directions $u_k$, orthogonal as far as there are dimensions, the gradient's
    $g \cdot u_k$ is set against $(f(z + r u_k) - f(z - r u_k)) / 2r$, the derivative along $u_k$
    averaged over a step of length $r$ to either side. Their correlation (through zero: the cosine
    of the two vectors over $k$) is 1 where the gradient foresees all of it, and 0, give or take
    $1/\sqrt{N}$, for a direction that knows nothing. As in `gradcheck`, a step $r$ moves the
    design's parameters by $r$ (root mean square), and only what goes through the simulator counts.
    Shorter horizons end the task early.

    The correlation is a mean over points. Its error is what the number of directions leaves open,
    $(1 - \rho^2)/\sqrt{N}$ at each point, or the scatter over the points where that is more. A
    gradient is worth its cost of $c$ rollouts where it
    foresees more than the best of $c$ random directions would.

    Source: Metz et al. (2021), "Gradients are not all you need", and Suh et al. (2022), "Do
    differentiable simulators give better policy gradients?", for when samples estimate a smoothed
    derivative better than a gradient does; the measure is ours.

    **Arguments:**

    - `problem`: task and simulator; its adjoint is replaced.
    - `points`: latents to look at, such as some between a search's start and its champion.
    - `radii`: lengths of the steps in the parameters' unit; by default a third of the space's own
      step, that, and three times that.
    - `limits`: of `ClippedAdjoint`, 0 for the exact gradient.
    - `horizons`: in steps; by default half of the task's and all.
    - `num_directions`: at each point, two rollouts a radius each.
    - `num_scenes`: conditions in the mean of values and gradients, training conditions first.
    - `seed`: of the directions.
    - `watch`: called with what is being done and the share of the work that is behind.

    **Returns:** rows with `horizon`, `limit`, `radius`, `correlation` and `error` (means over
    points; `None` where no point has any), `points` (the correlation at each) and `norms` (of the
    gradients).

    **Raises:** `ValueError` for arguments out of range, if the simulation fails at a point, or if
    capacity cannot grow any further.
    """
    checked_kind(problem, Problem, "a problem", "foresight")
    checked_count(seed, "seed", "foresight", least=0)
    intended = plan(
        problem,
        len(points),
        radii=radii,
        limits=limits,
        horizons=horizons,
        num_directions=num_directions,
        num_scenes=num_scenes,
    )
    while True:
        try:
            rows = _rows(problem, intended, points, seed, watch)
            break
        except CapacityError:
            problem = problem.grow(2.0)
    count = min(intended.directions, problem.task.space.size) * intended.points
    random = 1 / np.sqrt(count)
    said: Advice = advice(rows, random, problem.gradient_cost, problem.task.space.size)
    return Foresight(
        rows,
        float(random),
        said.worth,
        said.sentence,
        said.limit,
        intended.rollouts(problem),
        intended.points,
        intended.directions,
        intended.scenes,
    )


def _rows(
    problem: Problem,
    plan: Plan,
    points: Sequence[Latent],
    seed: int,
    watch: Callable[[str, float], None],
) -> list[dict[str, Any]]:
    conditions = first_conditions(problem, plan.scenes)
    found: dict[tuple[int, float, float], list[tuple[float | None, float]]] = {}
    done, total = 0, len(points) * len(plan.horizons)
    for index, point in enumerate(points):
        latent = jnp.asarray(point)
        along = directions(problem, latent, plan.directions, np.random.default_rng([seed, index]))
        for horizon in plan.horizons:
            watch(f"point {index + 1} of {len(points)}, horizon {horizon}", done / total)
            slopes = {r: _slopes(problem, latent, r * along, conditions, horizon) / r
                      for r in plan.radii}  # fmt: skip
            for limit in plan.limits:
                grad = _gradient(problem, latent, limit, conditions, horizon)
                norm = float(np.linalg.norm(grad))
                for r in plan.radii:
                    agreed = correlation(along @ grad, slopes[r])
                    found.setdefault((horizon, limit, r), []).append((agreed, norm))
            done += 1
    return [_row(*key, each, plan.directions) for key, each in found.items()]


def _row(
    horizon: int, limit: float, radius: float, found: list[tuple[float | None, float]], number: int
) -> dict[str, Any]:
    known = np.array([each for each, _ in found if each is not None])
    mean = float(known.mean()) if len(known) else None
    return {
        "horizon": horizon,
        "limit": limit,
        "radius": radius,
        "correlation": mean,
        "error": _error(known, number) if len(known) else None,
        "points": [each for each, _ in found],
        "norms": [norm if np.isfinite(norm) else None for _, norm in found],
    }


def _error(known: np.ndarray, number: int) -> float:
    """Of a mean over points: what few directions leave open, or few points if that is more."""
    within = (1 - known**2) / np.sqrt(number)
    errors = [float(np.sqrt(np.sum(within**2)) / len(known))]
    if len(known) > 1:
        errors.append(float(known.std(ddof=1) / np.sqrt(len(known))))
    return max(errors)


def correlation(foreseen: np.ndarray, found: np.ndarray) -> float | None:
    """Of slopes along directions, through zero; `None` where either is flat or none is finite."""
    fine = np.isfinite(foreseen) & np.isfinite(found)
    foreseen, found = (each[fine].astype(np.float64) for each in (foreseen, found))
    lengths = np.linalg.norm(foreseen) * np.linalg.norm(found)
    if not fine.sum() >= 2 or not np.isfinite(lengths) or lengths == 0:
        return None
    return float(np.clip(foreseen @ found / lengths, -1.0, 1.0))


def directions(
    problem: Problem, latent: Latent, count: int, rng: np.random.Generator
) -> np.ndarray:
    """Random directions, orthogonal in blocks, that move the parameters by one (rms)."""
    size = latent.shape[0]
    blocks = [np.linalg.qr(rng.normal(size=(size, size)))[0].T for _ in range(-(-count // size))]
    return scaled(problem, latent, np.concatenate(blocks)[:count])


def _slopes(
    problem: Problem, latent: Latent, offsets: np.ndarray, conditions: Sequence[Any], horizon: int
) -> np.ndarray:
    """Half of the differences of mean values between `latent + offset` and `latent - offset`."""
    plain = eqx.tree_at(lambda p: p.adjoint, problem, DirectAdjoint())
    both = jnp.asarray(np.concatenate([offsets, -offsets]))
    steps, total = jnp.asarray(horizon, jnp.int32), np.zeros(len(both))
    for condition in conditions:
        values, codes = map(np.asarray, _values(plain, latent, both, condition, steps))
        if (codes == RESULTS.capacity_exceeded).any():
            raise CapacityError
        total += np.where(codes == 0, values, np.nan) / len(conditions)
    forward, backward = total.reshape(2, -1)
    return 0.5 * (forward - backward)


def _gradient(
    problem: Problem, latent: Latent, limit: float, conditions: Sequence[Any], horizon: int
) -> np.ndarray:
    """Mean gradient over the conditions; `limit` 0 for the exact one."""
    # As an array, so that one program serves all limits; the exact gradient has one that is never
    # reached.
    bound = jnp.asarray(limit or np.inf, latent.dtype)
    clipped = eqx.tree_at(lambda a: a.limit, ClippedAdjoint(1.0), bound)
    problem = eqx.tree_at(lambda p: p.adjoint, problem, clipped)
    steps, grads = jnp.asarray(horizon, jnp.int32), []
    for condition in conditions:
        code, grad = _differentiated(problem, latent, condition, steps)
        refuse_failure(int(code))
        grads.append(np.asarray(grad))
    return np.mean(grads, axis=0)


def _value(
    latent: Latent, problem: Problem, center: Latent, condition: Any, horizon: Int[Array, ""]
) -> tuple[Scalar, Code]:
    """The value over the first `horizon` steps; the objective sees the design of `center`."""
    task, simulator = problem.task, problem.simulator
    scene = task.build(task.space.decode(latent), condition)
    moving = Recorded(
        simulator=simulator,
        start=simulator.init(scene)[1],
        begins=jnp.asarray(True),
        wait=task.num_steps - horizon,
        dt=simulator.dt,
    )
    trajectory = rollout(
        moving, scene, num_steps=task.num_steps, adjoint=problem.adjoint, throw=False
    )
    return task.objective(trajectory, task.space.decode(center)), trajectory.result


@eqx.filter_jit
def _differentiated(
    problem: Problem, latent: Latent, condition: Any, horizon: Int[Array, ""]
) -> tuple[Code, Float[Array, " latent"]]:
    function = jax.grad(_value, has_aux=True)
    grad, code = function(latent, problem, latent, condition, horizon)
    return code, grad


@eqx.filter_jit
def _values(
    problem: Problem,
    latent: Latent,
    offsets: Float[Array, "pop latent"],
    condition: Any,
    horizon: Int[Array, ""],
) -> tuple[Float[Array, " pop"], Int[Array, " pop"]]:
    return lax.map(
        lambda offset: _value(latent + offset, problem, latent, condition, horizon), offsets
    )
