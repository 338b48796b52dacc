"""Designs that are made with errors: a search for those that stand them, and their scores."""

import dataclasses
from collections.abc import Callable
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np

from ._checks import checked_count, checked_key, checked_kind, checked_number
from ._task import Task
from ._types import Array, Float, PRNGKeyArray
from .spaces import AbstractSpace
from .spaces._bounded import unsquash

_FAR = 20.0  # latent units: there designs are on their bounds
_SLACK = 1e-3  # latent units: by which the inverse of a space's map may be off


class Inexact(eqx.Module):
    """A condition, and by how much the parameters of a design are off under it.

    **Arguments:** `condition`: of a task; `error`: in the parameters' own units.
    """

    condition: Any
    error: Float[Array, "*draw parameter"]


class BuildInexact(eqx.Module):
    """The scenes of designs that are off, within their bounds, where a condition says so.

    **Arguments:** `build`: of the exact designs; `space`: of these; `draws`: conditions in a row
    that differ in their errors alone.
    """

    build: Callable[[Any, Any], Any]
    space: AbstractSpace
    draws: int = eqx.field(static=True)

    def __call__(self, design: Any, condition: Any) -> Any:
        if not isinstance(condition, Inexact):
            return self.build(design, condition)
        lower, upper = _bounds(self.space, design.parameters.dtype)
        moved = jnp.clip(design.parameters + condition.error, lower, upper)
        off = self.space.decode(unsquash(moved, lower, upper))
        return self.build(off, condition.condition)


def with_errors(task: Task, std: float, *, draws: int = 2, key: PRNGKeyArray) -> Task:
    """The same task with designs that are made with errors on the conditions optimised on.

    Each of these conditions is simulated `draws` times, each time with all parameters of the design
    off by normal errors of their own, drawn once, every other time by the opposite ones: a design
    that is good there does not sit on a narrow optimum, nor at the edge of a wide one. Unseen
    conditions stay as they are, and objective, score and constraints are shown the exact design.

    **Arguments:**

    - `std`: standard deviation of the errors in the parameters' own units, above 0.
    - `draws`: errors a condition, at least 1: an evaluation costs so many times the usual one.

    **Raises:** `ValueError` for values out of these ranges; if the space is not one of parameters
    that are bounded one by one, as a `Ball` is not; or where constraints look at the simulation,
    because those may hold for an exact design alone.
    """
    checked_kind(task, Task, "a task", "with_errors")
    _check(std, draws, key, "with_errors")
    simulated = [constraint.name for constraint in task.constraints if constraint.simulated]
    if simulated:
        raise ValueError(
            f"Designs of `{task.name}` cannot be searched with errors: its constraint "
            f"`{simulated[0]}` looks at the simulation, and may hold for exact designs alone."
        )
    number, pairs = _number_of(task.conditions), -(-draws // 2)
    half = _errors(task, std, number * pairs, key)
    both = jnp.stack([half, -half], axis=1).reshape(number, 2 * pairs, -1)
    errors = both[:, :draws].reshape(number * draws, -1)
    conditions = jax.tree.map(lambda x: jnp.repeat(x, draws, axis=0), task.conditions)
    inexact = Inexact(conditions, errors)
    return dataclasses.replace(task, build=_inexact_build(task, draws), conditions=inexact)


def exact(task: Task) -> Task:
    """The task that `with_errors` was given; any other as it is."""
    if not isinstance(task.build, BuildInexact):
        return task
    conditions = jax.tree.map(lambda x: x[:: task.build.draws], task.conditions.condition)
    return dataclasses.replace(task, build=task.build.build, conditions=conditions)


def made_with_errors(
    task: Task, conditions: Any, std: float, draws: int, key: PRNGKeyArray
) -> tuple[Task, Inexact]:
    """The task, and `draws` tools a condition that are off, the same ones on all of them.

    **Raises:** `ValueError` as `with_errors`, but for constraints.
    """
    _check(std, draws, key, "judge_with_errors")
    errors = jnp.tile(_errors(task, std, draws, key), (_number_of(conditions), 1))
    repeated = jax.tree.map(lambda x: jnp.repeat(x, draws, axis=0), conditions)
    task = dataclasses.replace(task, build=_inexact_build(task, draws))
    return task, Inexact(repeated, errors)


def _check(std: Any, draws: Any, key: Any, where: str) -> None:
    checked_number(std, "std", where, above=0)
    checked_count(draws, "draws", where)
    checked_key(key, where)


def _number_of(conditions: Any) -> int:
    return jax.tree.leaves(conditions)[0].shape[0]


def _errors(
    task: Task, std: float, number: int, key: PRNGKeyArray
) -> Float[Array, "number parameter"]:
    initial = task.space.initial()
    keys = jax.random.split(key, number)  # so that more of them begin with the same ones
    draw = jax.vmap(lambda each: jax.random.normal(each, initial.shape, initial.dtype))
    return std * draw(keys)


def _inexact_build(task: Task, draws: int) -> BuildInexact:
    """The task's `build` for designs that are off.

    **Raises:** `ValueError` if parameters are not bounded one by one.
    """
    space, latent = task.space, task.space.initial()
    known = np.asarray(0.5 * latent + 0.25)  # away from the bounds, where the inverse is exact
    parameters = space.decode(jnp.asarray(known)).parameters
    lower, upper = _bounds(space, latent.dtype)
    found = np.asarray(unsquash(parameters, lower, upper))
    if found.shape != known.shape or not np.allclose(found, known, atol=_SLACK):
        raise ValueError(
            f"The parameters of `{type(space).__name__}` are not bounded one by one, so none of "
            f"them can be off by itself; designs of `{task.name}` cannot be made with errors."
        )
    return BuildInexact(task.build, space, draws)


def _bounds(space: AbstractSpace, dtype: Any) -> tuple[Array, Array]:
    """Of the parameters: those of designs far out."""
    ends = [space.decode(jnp.full(space.size, far, dtype)).parameters for far in (-_FAR, _FAR)]
    return ends[0], ends[1]
