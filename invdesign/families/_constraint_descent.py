"""How simulators by constraints are descended through."""

import dataclasses
import enum
from typing import Annotated, Any, ClassVar

import jax

from .._options import Option
from .._problem import Problem
from .._simulator import AbstractSimulator
from .._task import Task
from ..simulators import ConstraintSimulator, HardContact, SoftContact
from ._clipped_descent import ClippedDescent, GradientLimit


class ContactKind(enum.StrEnum):
    """How obstacles act in a model."""

    SOFT = "soft"
    HARD = "hard"


@dataclasses.dataclass(frozen=True)
class ConstraintDescent(ClippedDescent):
    """Backwards through all frames and all inner iterations, with a bound on what is passed back.

    Where a model is not stable its gradient grows by orders of magnitude; in calm throws the bound
    is not reached. Obstacles are soft in a model unless told otherwise.
    """

    whose: ClassVar[str] = "a node and frame"

    gradient_limit: GradientLimit = 20.0
    contact: Annotated[
        ContactKind,
        Option("Obstacles in the model: `soft`, depth has a price, or `hard`, projections."),
    ] = ContactKind.SOFT

    def problem(self, task: Task, simulator: AbstractSimulator, *, learned: bool) -> Problem:
        if learned:
            simulator = _touching(simulator, self.contact)
        elif self.contact is not ContactKind.SOFT:
            raise ValueError(
                "`--contact` is about obstacles in a model; leave it out with `--simulator "
                "reference`."
            )
        return ClippedDescent.problem(self, task, simulator, learned=learned)


def _touching(simulator: Any, kind: ContactKind) -> Any:
    """A simulator, or several together, whose obstacles act in that way."""
    contact = SoftContact() if kind is ContactKind.SOFT else HardContact()

    def is_model(each: Any) -> bool:
        return isinstance(each, ConstraintSimulator)

    def replaced(each: Any) -> Any:
        return dataclasses.replace(each, contact=contact) if is_model(each) else each

    return jax.tree.map(replaced, simulator, is_leaf=is_model)
