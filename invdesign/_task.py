"""What is wanted, independent of any simulator and any optimizer."""

from collections.abc import Callable
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp

from ._blame import defined_at, name_of, reason
from ._checks import checked_number
from ._results import RESULTS, as_code
from ._rollout import Trajectory
from ._simulator import AbstractSimulator, num_calls
from .objectives._base import AbstractConstraint, AbstractObjective, AbstractScore
from .spaces._base import AbstractSpace
from .spaces._slice import Slice


class Lighter(eqx.Module):
    """A task's designs in a cheaper simulation: what a search may begin with, never a score.

    **Arguments:** `task`: of the same space and constraints; `cost`: of a step of its simulator
    with as many conditions, in steps of the task that it is the lighter version of; measured.

    **Raises:** `ValueError` if the cost is not above 0.
    """

    task: "Task"
    cost: float = eqx.field(static=True)

    def __check_init__(self):
        checked_number(self.cost, "cost", "Lighter", above=0)


class Task(eqx.Module):
    """A design task: data, never subclassed.

    **Arguments:**

    - `name`: as used in file names.
    - `space`: where designs live.
    - `build`: an `eqx.Module` with `build(design, condition) -> scene`.
    - `conditions`: the scenes optimised on, a pytree with a leading axis.
    - `unseen`: conditions that are only judged on; scores are reported on these.
    - `objective`: the smooth value that is minimised (regularisers included).
    - `score`: what is reported, higher is better.
    - `num_steps`: the horizon in frames of the simulator.
    - `constraints`: what has to hold; `solve` takes only optimizers that honour them.
    - `metrics`: further figures of a design by name, reported beside the score.
    - `region`: lower and upper corner of the goal, or of several in turn, for figures; or `None`.
    - `family`: the name of the world that it belongs to; `None` for the only one with such scenes.
    - `slices`: designs of one and two numbers by name, which `scan` scores as baselines.
    - `lighter`: the same designs in a cheaper simulation of the reference solver, where descents
      begin; `None` if there is none.
    - `has_valleys`: whether descents are known to end in poor valleys, so that a search samples
      first unless told otherwise, among smooth shapes where parameters have neighbors.
    """

    name: str = eqx.field(static=True)
    space: AbstractSpace
    build: Callable[[Any, Any], Any]
    conditions: Any
    unseen: Any
    objective: AbstractObjective
    score: AbstractScore
    num_steps: int = eqx.field(static=True)
    constraints: tuple[AbstractConstraint, ...] = ()
    metrics: dict[str, AbstractScore] = eqx.field(default_factory=dict)
    region: Any = None
    family: str | None = eqx.field(static=True, default=None)
    slices: dict[str, Slice] = eqx.field(default_factory=dict)
    lighter: Lighter | None = None
    has_valleys: bool = eqx.field(static=True, default=False)


def first_scene(task: Task, design: Any) -> Any:
    """The scene that `design` makes of the first unseen condition."""
    return task.build(design, jax.tree.map(lambda x: x[0], task.unseen))


@eqx.filter_jit
def initial_scene(task: Task) -> Any:
    """The scene that the initial design makes of the first unseen condition."""
    return first_scene(task, task.space.decode(task.space.initial()))


def check_figures(task: Task, simulator: AbstractSimulator) -> None:
    """Whether objective, score, metrics and constraints give numbers of the right kind and shape.

    Nothing is simulated or compiled: they are shown the shapes of a trajectory.

    **Raises:** `ValueError` naming the one that raises or returns something else, and its line; or
    if the task's frames are no whole number of the simulator's steps.
    """
    num_calls(simulator, task.num_steps, task.name)
    design, trajectory, trajectories = eqx.filter_eval_shape(_shapes, task, simulator)
    _check(task, "objective", task.objective, (trajectory, design), ndim=0, smooth=True)
    _check(task, "score", task.score, (trajectory, design), ndim=0)
    for name, metric in task.metrics.items():
        _check(task, f"metric `{name}`", metric, (trajectory, design), ndim=0)
    for constraint in task.constraints:
        shown = (trajectories if constraint.simulated else None, design)
        what = f"constraint `{constraint.name}`"
        _check(task, what, constraint, shown, ndim=1, smooth=True)


def _shapes(task: Task, simulator: AbstractSimulator) -> tuple[Any, Trajectory, Trajectory]:
    """The initial design, a trajectory of it, and one a condition; only their shapes count."""
    design = task.space.decode(task.space.initial())

    def one(condition: Any) -> Trajectory:
        context, state = simulator.init(task.build(design, condition))
        frame = simulator.observe(context, state)
        frames = _repeated(frame, task.num_steps)
        return Trajectory(frame, frames, state, as_code(RESULTS.successful))

    trajectory = one(jax.tree.map(lambda x: x[0], task.conditions))
    return design, trajectory, _repeated(trajectory, jax.tree.leaves(task.conditions)[0].shape[0])


def _repeated(tree: Any, number: int) -> Any:
    return jax.tree.map(
        lambda x: jnp.broadcast_to(x, (number, *x.shape)) if eqx.is_array(x) else x, tree
    )


def _check(
    task: Task, what: str, figure: Any, shown: tuple[Any, Any], *, ndim: int, smooth: bool = False
) -> None:
    named = f"The {what} of `{task.name}`, `{name_of(figure)}`,"
    try:
        found = eqx.filter_eval_shape(figure, *shown)
    except Exception as error:
        raise ValueError(f"{named} raised {reason(error)}.") from error
    kind = jnp.floating if smooth else jnp.number
    wanted = "a scalar" if ndim == 0 else "a vector"
    wanted += " of floating-point numbers" if smooth else ""
    if isinstance(found, float | int) or hasattr(found, "shape"):
        dtype, shape = jnp.result_type(found), jnp.shape(found)
        fits = len(shape) == ndim and jnp.issubdtype(dtype, kind)
        returned = f"one of shape {shape} of {dtype}"
    else:
        fits, returned = False, f"a {type(found).__name__}"
    if not fits:
        line = defined_at(figure)
        at = "" if line is None else f" (at {line})"
        raise ValueError(f"{named} has to return {wanted}, and returns {returned}{at}.")
