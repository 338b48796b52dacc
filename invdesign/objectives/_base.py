"""Interfaces of what is descended and of what is reported."""

import abc
from typing import Any

import equinox as eqx

from .._rollout import Trajectory
from .._types import Array, Float, Scalar


class AbstractObjective(eqx.Module):
    """A smooth scalar of a trajectory and its design that is minimised (the `value`)."""

    @abc.abstractmethod
    def __call__(self, trajectory: Trajectory, design: Any) -> Scalar:
        """The value; lower is better."""


class AbstractScore(eqx.Module):
    """A scalar of a trajectory and its design that is reported and never descended."""

    @abc.abstractmethod
    def __call__(self, trajectory: Trajectory, design: Any) -> Scalar:
        """The score; higher is better."""


class AbstractConstraint(eqx.Module):
    """A named condition on a design: every entry of a vector has to be `>= 0`, or `== 0`.

    - `name`: as violations are reported.
    - `equality`: whether the entries have to be 0.
    - `tolerance`: by how much an entry may miss and still counts as met, above 0.
    - `simulated`: whether the trajectories are looked at. Where they are not, a constraint and its
      derivative cost no simulator step.
    """

    name: eqx.AbstractVar[str]
    equality: eqx.AbstractVar[bool]
    tolerance: eqx.AbstractVar[float]
    simulated: eqx.AbstractVar[bool]

    @abc.abstractmethod
    def __call__(self, trajectories: Trajectory | None, design: Any) -> Float[Array, " constraint"]:
        """The entries.

        **Arguments:** `trajectories`: one a condition, with a leading axis; `None` for constraints
        that are not `simulated`.
        """
