"""A finished design under a trusted solver, and under any other simulator."""

from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np

from ._checks import checked_kind, checked_latent
from ._constraints import ConstraintEntries
from ._inexact import made_with_errors
from ._problem import check_scenes, num_conditions, scenes_of
from ._results import RESULTS
from ._rollout import Trajectory
from ._simulator import AbstractSimulator
from ._task import Task, check_figures
from ._types import Array, Latent, PRNGKeyArray, Scalar
from .reference import AbstractReference, Simulated
from .spaces import AbstractSpace

_SCORE = "score"


class Judgement(eqx.Module):
    """A design on several conditions under one simulator.

    **Arguments:**

    - `scores`: the task's score on each condition, `(condition,)`.
    - `results`: a `RESULTS` code each; what a failed simulation scored is what it had done by
      then.
    - `trajectory`: of the first condition, as NumPy arrays, without the simulator's last state.
    - `metrics`: the task's metrics by name on each condition, `(condition,)` each.
    - `violations`: by how much which constraints are missed on these conditions; empty if all
      are met.
    - `notes`: sentences on why these numbers may be poor, often none.
    """

    scores: np.ndarray
    results: np.ndarray
    trajectory: Trajectory
    metrics: dict[str, np.ndarray]
    violations: dict[str, float]
    notes: tuple[str, ...] = ()

    @property
    def score(self) -> float:
        """Mean over the conditions."""
        return float(self.scores.mean())

    @property
    def num_failed(self) -> int:
        """Conditions whose simulation failed."""
        return int((self.results != 0).sum())

    def failures(self, whose: str) -> list[str]:
        """A sentence on the conditions whose simulation failed, and why; none if all went well.

        **Arguments:** `whose`: simulation, in words.
        """
        if not self.num_failed:
            return []
        reasons = " ".join(RESULTS(int(code)).message for code in np.unique(self.results) if code)
        return [
            f"the {whose} failed on {self.num_failed} of {len(self.scores)} conditions: nothing is "
            f"known of the design there. {reasons}"
        ]


class Verification(eqx.Module):
    """What a trusted solver says of a design, beside what the simulator said.

    **Arguments:**

    - `reference_score_mean`, `reference_score_std`: over the conditions, in the reference solver.
    - `score`: mean under the simulator the design was found with; `None` if that was not given.
    - `gap`: `score - reference_score_mean`, or `None`: how far the simulator flattered.
    - `reference_scores`, `scores`: of each condition.
    - `num_failed`: conditions whose simulation failed under either.
    - `failures`: a sentence for each of the two that failed anywhere, with the reasons.
    - `notes`: sentences on why these numbers may be poor, often none.
    """

    reference_score_mean: float
    reference_score_std: float
    score: float | None
    gap: float | None
    reference_scores: np.ndarray
    scores: np.ndarray | None
    num_failed: int
    failures: list[str]
    notes: tuple[str, ...] = ()


@eqx.filter_jit
def _figures(task: Task, design: Any, trajectory: Trajectory) -> dict[str, Scalar]:
    figures = {name: metric(trajectory, design) for name, metric in task.metrics.items()}
    return {**figures, _SCORE: task.score(trajectory, design)}


def _at(tree: Any, index: int) -> Any:
    return jax.tree.map(lambda x: x[index], tree)


def as_design(task: Task, design_or_latent: Any) -> Any:
    """The design of a latent (an array); a design as it is.

    **Raises:** `ValueError` if a latent has the wrong shape, or a number is not finite.
    """
    checked_kind(task, Task, "a task", "judge")
    if isinstance(design_or_latent, np.ndarray | jax.Array | list | tuple):
        latent = checked_latent(design_or_latent, task.name, task.space.size)
        return _decoded(task.space, latent)
    _check_finite(task, design_or_latent)
    return design_or_latent


@eqx.filter_jit
def _decoded(space: AbstractSpace, latent: Latent) -> Any:
    return space.decode(latent)


def _check_finite(task: Task, tree: Any) -> None:
    leaves = [np.asarray(x) for x in jax.tree.leaves(eqx.filter(tree, eqx.is_inexact_array))]
    if not all(np.isfinite(leaf).all() for leaf in leaves):
        raise ValueError(f"Every number of a design of `{task.name}` must be finite; one is not.")


def pick_conditions(task: Task, number: int | None = None) -> Any:
    """The first `number` unseen conditions of a task, all by default.

    **Raises:** `ValueError` if there are not as many, or `number` is below 1.
    """
    known = num_conditions(task.unseen)
    if number is None:
        return task.unseen
    if not (isinstance(number, int) and 1 <= number <= known):
        raise ValueError(
            f"`{task.name}` has {known} unseen conditions; ask for 1 to {known}, got {number}."
        )
    return jax.tree.map(lambda x: x[:number], task.unseen)


def judge(
    design_or_latent: Any, task: Task, reference: AbstractReference, *, conditions: Any = None
) -> Judgement:
    """Simulate a design on conditions nobody optimised on, and score it.

    **Arguments:**

    - `design_or_latent`: a latent of the task's space as an array, or a decoded design.
    - `reference`: a trusted solver; `Simulated(simulator)` asks any simulator.
    - `conditions`: with a leading axis; the task's unseen ones by default.

    **Raises:** `ValueError` if a number is not finite, the simulator refuses a scene, capacity
    cannot grow any more, or the reference solver is not installed.
    """
    design = as_design(task, design_or_latent)
    checked_reference(reference, "judge")
    conditions = task.unseen if conditions is None else conditions
    notes: tuple[str, ...] = ()
    if reference.simulator is not None:
        check_figures(task, reference.simulator)
        notes = check_scenes(task, reference.simulator, design, conditions)
    scenes = scenes_of(task, design, conditions)
    each = [_at(scenes, index) for index in range(num_conditions(conditions))]
    trajectories = reference.trajectories(each, num_steps=task.num_steps)
    read = [_figures(task, design, trajectory) for trajectory in trajectories]
    figures = {name: np.asarray([float(row[name]) for row in read]) for name in read[0]}
    return Judgement(
        scores=figures.pop(_SCORE),
        results=np.asarray([int(t.result) for t in trajectories]),
        trajectory=jax.device_get(trajectories[0]),
        metrics=figures,
        violations=_violations(task, design, trajectories),
        notes=notes,
    )


def judge_finer(
    design_or_latent: Any,
    task: Task,
    reference: AbstractReference,
    *,
    factor: int = 2,
    conditions: Any = None,
) -> Judgement:
    """As `judge`, in the reference solver with `factor` times its resolution.

    What the score of a design owes to the solver's cells, points or steps does not survive it.

    **Raises:** `ValueError`, too, if the reference has no refinement.
    """
    checked_reference(reference, "judge_finer")
    return judge(design_or_latent, task, reference.refined(factor), conditions=conditions)


def judge_with_errors(
    design_or_latent: Any,
    task: Task,
    reference: AbstractReference,
    *,
    std: float,
    draws: int = 5,
    key: PRNGKeyArray,
    conditions: Any = None,
) -> Judgement:
    """As `judge`, of designs that are made with errors: what a narrow optimum owes to exactness.

    **Arguments:**

    - `std`: standard deviation of the normal errors of all parameters, in their own units, above 0.
    - `draws`: designs that are off, each of which is simulated on all conditions: those of a
      condition are in a row in what is returned.

    **Raises:** `ValueError`, too, for values out of these ranges, or if the space's parameters are
    not bounded one by one.
    """
    conditions = task.unseen if conditions is None else conditions
    design = as_design(task, design_or_latent)
    inexact, conditions = made_with_errors(task, conditions, std, draws, key)
    return judge(design, inexact, reference, conditions=conditions)


def checked_reference(reference: Any, where: str) -> AbstractReference:
    """A reference solver as it is.

    **Raises:** `ValueError` for anything else; of a simulator it says how to make it one.
    """
    if isinstance(reference, AbstractSimulator):
        name = type(reference).__name__
        raise ValueError(
            f"`{where}` needs a reference solver, got a simulator, {name}; write "
            f"`invdesign.reference.Simulated(simulator)` to have the {name} judge."
        )
    return checked_kind(reference, AbstractReference, "a reference solver", where)


@eqx.filter_jit
def _constrained(task: Task, design: Any, trajectories: list[Trajectory]) -> list[Array]:
    """What each constraint makes of a design, `(entry,)` each."""
    together = None
    if trajectories:
        together = jax.tree.map(lambda *leaves: jnp.stack(leaves), *trajectories)
    return [x(together if x.simulated else None, design) for x in task.constraints]


def _violations(task: Task, design: Any, trajectories: list[Trajectory]) -> dict[str, float]:
    """The largest violation of every constraint that is missed."""
    if not task.constraints:
        return {}
    simulated = any(constraint.simulated for constraint in task.constraints)
    missed = {}
    found = _constrained(task, design, trajectories if simulated else [])
    for constraint, values in zip(task.constraints, found, strict=True):
        number = values.size
        entries = ConstraintEntries(
            (constraint.name,) * number,
            (constraint.equality,) * number,
            (constraint.tolerance,) * number,
        )
        missed |= entries.by_name(np.asarray(values))
    return missed


def compared(reference: Judgement, simulated: Judgement | None = None) -> Verification:
    """The verification that follows from two judgements of one design."""
    mean = reference.score
    return Verification(
        reference_score_mean=mean,
        reference_score_std=float(reference.scores.std()),
        score=None if simulated is None else simulated.score,
        gap=None if simulated is None else simulated.score - mean,
        reference_scores=reference.scores,
        scores=None if simulated is None else simulated.scores,
        num_failed=reference.num_failed + (0 if simulated is None else simulated.num_failed),
        failures=[
            *([] if simulated is None else simulated.failures("simulator")),
            *reference.failures("reference solver"),
        ],
        notes=notes_of(reference, simulated),
    )


def notes_of(*judgements: Judgement | None) -> tuple[str, ...]:
    """The notes of several judgements, each once."""
    said = [note for judgement in judgements if judgement is not None for note in judgement.notes]
    return tuple(dict.fromkeys(said))


def check_frames(simulator: AbstractSimulator, reference: AbstractReference | None) -> None:
    """Refuse to compare simulators whose frames last differently.

    A task counts frames, so that each would simulate another time.

    **Arguments:** `reference`: `None` if there is none.

    **Raises:** `ValueError` naming both, or as `checked_reference`.
    """
    runs = None if reference is None else checked_reference(reference, "verify").simulator
    if runs is None:
        return
    other = runs.dt
    if abs(other - simulator.dt) > 1e-6 * simulator.dt:
        raise ValueError(
            f"The simulator's frames last {simulator.dt:g} s, those of the reference solver "
            f"{other:g} s, and a task counts frames; give both the same `dt`."
        )


def verify(
    design_or_latent: Any,
    task: Task,
    reference: AbstractReference,
    *,
    simulator: AbstractSimulator | None = None,
    conditions: Any = None,
) -> Verification:
    """Replay a design in a trusted solver, on conditions nobody optimised on.

    Deterministic: the same design, task and solver give the same scores.

    **Arguments:**

    - `design_or_latent`: a latent of the task's space as an array, or a decoded design.
    - `reference`: the trusted solver; `Simulated(simulator)` makes one of a simulator.
    - `simulator`: what the design was found with; given it, score and gap are known, too.
    - `conditions`: with a leading axis; the task's unseen ones by default.

    **Raises:** `ValueError` as `judge`, or if the frames of the two last differently.
    """
    if simulator is not None:
        check_frames(simulator, reference)
    trusted = judge(design_or_latent, task, reference, conditions=conditions)
    if simulator is None:
        return compared(trusted)
    own = trusted
    if not reference.wraps(simulator):
        own = judge(design_or_latent, task, Simulated(simulator), conditions=conditions)
    return compared(trusted, own)
