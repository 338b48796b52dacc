"""A finished design under a trusted solver, and under any other simulator."""

from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np

from ._results import RESULTS
from ._rollout import Trajectory, rollout
from ._simulator import AbstractSimulator
from ._task import Task


class Judgement(eqx.Module):
    """A design on several conditions under one simulator.

    **Arguments:**

    - `scores`: the task's score on each condition, `(condition,)`.
    - `results`: a `RESULTS` code each; what a failed simulation scored is what it had done by
      then.
    - `trajectory`: of the first condition, as NumPy arrays, without the simulator's last state.
    - `simulator`: with the capacity it ended with.
    """

    scores: np.ndarray
    results: np.ndarray
    trajectory: Trajectory
    simulator: AbstractSimulator

    @property
    def score(self) -> float:
        """Mean over the conditions."""
        return float(self.scores.mean())

    @property
    def num_failed(self) -> int:
        """Conditions whose simulation failed."""
        return int((self.results != 0).sum())


class Verification(eqx.Module):
    """What a trusted solver says of a design, beside what the simulator said.

    **Arguments:**

    - `reference_score_mean`, `reference_score_std`: over the conditions, in the reference solver.
    - `score`: mean under the simulator the design was found with; `None` if that was not given.
    - `gap`: `score - reference_score_mean`, or `None`: how far the simulator flattered.
    - `reference_scores`, `scores`: of each condition.
    - `num_failed`: conditions whose simulation failed under either.
    """

    reference_score_mean: float
    reference_score_std: float
    score: float | None
    gap: float | None
    reference_scores: np.ndarray
    scores: np.ndarray | None
    num_failed: int


@eqx.filter_jit
def _play(task: Task, simulator: AbstractSimulator, design: Any, condition: Any):
    scene = task.build(design, condition)
    trajectory = rollout(simulator, scene, num_steps=task.num_steps, throw=False)
    score = task.score(trajectory, design)
    return score, eqx.tree_at(lambda t: t.final, trajectory, None)


def as_design(task: Task, design_or_latent: Any) -> Any:
    """The design of a latent (an array); a design as it is.

    **Raises:** `ValueError` if a latent has the wrong shape, or a number is not finite.
    """
    if isinstance(design_or_latent, np.ndarray | jax.Array):
        latent = jnp.asarray(design_or_latent)
        if latent.shape != (task.space.size,):
            raise ValueError(
                f"A latent of `{task.name}` has the shape ({task.space.size},), got {latent.shape}."
            )
        _check_finite(task, latent)
        return task.space.decode(latent)
    _check_finite(task, design_or_latent)
    return design_or_latent


def _check_finite(task: Task, tree: Any) -> None:
    leaves = [np.asarray(x) for x in jax.tree.leaves(eqx.filter(tree, eqx.is_inexact_array))]
    if not all(np.isfinite(leaf).all() for leaf in leaves):
        raise ValueError(f"Every number of a design of `{task.name}` must be finite; one is not.")


def pick_conditions(task: Task, number: int | None = None) -> Any:
    """The first `number` unseen conditions of a task, all by default.

    **Raises:** `ValueError` if there are not as many, or `number` is below 1.
    """
    known = jax.tree.leaves(task.unseen)[0].shape[0]
    if number is None:
        return task.unseen
    if not 1 <= number <= known:
        raise ValueError(
            f"`{task.name}` has {known} unseen conditions; ask for 1 to {known}, got {number}."
        )
    return jax.tree.map(lambda x: x[:number], task.unseen)


def judge(
    design_or_latent: Any, task: Task, simulator: AbstractSimulator, *, conditions: Any = None
) -> Judgement:
    """Simulate a design on conditions nobody optimised on, and score it.

    One compiled program serves all conditions, designs and simulators of the same shapes.
    Simulations run one after another: on a CPU batching them gains little and compiles slower.
    Where capacity runs out the simulator is grown and the condition repeated.

    **Arguments:**

    - `design_or_latent`: a latent of the task's space as an array, or a decoded design.
    - `conditions`: with a leading axis; the task's unseen ones by default.

    **Raises:** `ValueError` if a number is not finite, or capacity cannot grow any more.
    """
    design = as_design(task, design_or_latent)
    conditions = task.unseen if conditions is None else conditions
    scores, results, first = [], [], None
    for index in range(jax.tree.leaves(conditions)[0].shape[0]):
        condition = jax.tree.map(lambda x, i=index: x[i], conditions)
        score, trajectory = _play(task, simulator, design, condition)
        while int(trajectory.result) == RESULTS.capacity_exceeded:
            simulator = simulator.grow(2)
            score, trajectory = _play(task, simulator, design, condition)
        first = jax.device_get(trajectory) if first is None else first
        scores.append(float(score))
        results.append(int(trajectory.result))
    assert first is not None  # a task has conditions
    return Judgement(np.asarray(scores), np.asarray(results), first, simulator)


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
    )


def verify(
    design_or_latent: Any,
    task: Task,
    reference: AbstractSimulator,
    *,
    simulator: AbstractSimulator | None = None,
    conditions: Any = None,
) -> Verification:
    """Replay a design in a trusted solver, on conditions nobody optimised on.

    Deterministic: the same design, task and solver give the same scores.

    **Arguments:**

    - `design_or_latent`: a latent of the task's space as an array, or a decoded design.
    - `reference`: the trusted solver.
    - `simulator`: what the design was found with; given it, score and gap are known, too.
    - `conditions`: with a leading axis; the task's unseen ones by default.

    **Raises:** `ValueError` if a number is not finite.
    """
    trusted = judge(design_or_latent, task, reference, conditions=conditions)
    if simulator is None:
        return compared(trusted)
    return compared(trusted, judge(design_or_latent, task, simulator, conditions=conditions))
