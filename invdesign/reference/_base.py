"""The interface of trusted solvers that are programs of their own."""

import abc
from collections.abc import Sequence
from typing import Any

import equinox as eqx

from .._rollout import Trajectory


class AbstractReference(eqx.Module):
    """A trusted solver that runs on the host, outside of JAX; nothing differentiates through it.

    A solver written in JAX is an `AbstractSimulator` instead and can be both.
    """

    @abc.abstractmethod
    def trajectories(self, scenes: Sequence[Any], *, num_steps: int) -> list[Trajectory]:
        """What becomes of each scene, as NumPy arrays and without a last state.

        A scene that could not be solved has a code that says so, such as
        `RESULTS.reference_failed`, and NaN in its frames.

        **Raises:** `ValueError` if the solver is not installed; the sentence says how to get it.
        """
