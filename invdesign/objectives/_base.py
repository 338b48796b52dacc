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
    """A named, vector-valued condition on a design, met where every entry is `>= 0`."""

    name: eqx.AbstractVar[str]

    @abc.abstractmethod
    def __call__(self, trajectory: Trajectory, design: Any) -> Float[Array, " constraint"]:
        """The constraint's values."""
