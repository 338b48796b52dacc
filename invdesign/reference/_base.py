"""The interface of trusted solvers: the one kind of thing that has the last word."""

import abc
from collections.abc import Sequence
from typing import Any

import equinox as eqx

from .._rollout import Trajectory
from .._simulator import AbstractSimulator


class AbstractReference(eqx.Module):
    """What scenes come to; runs on the host, and nothing differentiates through it.

    A program such as `OpenFOAM`, or a simulator in JAX that serves as one: `Simulated`.
    """

    @property
    def simulator(self) -> AbstractSimulator | None:
        """What it runs, which can be descended through; `None` of a program of its own."""
        return None

    def refined(self, factor: int) -> "AbstractReference":
        """A solver of the same scenes with `factor` times the resolution: cells, points, steps.

        What a design owes to the solver's errors does not survive it.

        **Raises:** `ValueError` if there is no finer one.
        """
        raise ValueError(f"`{type(self).__name__}` has no refinement: it cannot be made finer.")

    def frame(self, scene: Any) -> Any:
        """A frame of a scene in shapes and types, of numbers that are not known: NaN; traceable.

        **Raises:** `ValueError` if nobody has said what frames look like.
        """
        raise ValueError(
            f"`{type(self).__name__}` cannot be searched through: it has no `frame(scene)`, which "
            "says what its frames look like."
        )

    def wraps(self, simulator: AbstractSimulator | None) -> bool:
        """Whether the rollouts of a simulator are this solver's own, and need not be made twice."""
        own = self.simulator is simulator or getattr(simulator, "reference", None) is self
        return simulator is not None and own

    @abc.abstractmethod
    def trajectories(self, scenes: Sequence[Any], *, num_steps: int) -> list[Trajectory]:
        """What becomes of each scene, as NumPy arrays and without a last state.

        A scene that could not be solved has a code that says so, such as
        `RESULTS.reference_failed`, and what is not known of its frames is NaN.

        **Raises:** `ValueError` if the solver is not installed; the sentence says how to get it.
        """
