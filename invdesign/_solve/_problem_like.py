"""What the driver asks of a problem."""

from typing import Any, Literal, Protocol, Self, runtime_checkable

from .._evaluation import Evaluation
from .._types import Latent


@runtime_checkable
class ProblemLike(Protocol):
    """A `Problem`, `FiniteDifferences` of one, or anything else that can be evaluated.

    What a problem may have besides: `constraints` (`ConstraintEntries`), `lighter`, the reason
    `without_gradient` that there is no derivative, and `check(latent)`, notes on the start.
    """

    @property
    def task(self) -> Any:
        """Its `space` is searched; a race looks at its `conditions` and `constraints`."""
        ...

    @property
    def steps_per_evaluation(self) -> int:
        """Simulator steps of one evaluation."""
        ...

    @property
    def gradient_cost(self) -> float:
        """What an evaluation with derivatives is charged, in evaluations."""
        ...

    def evaluate(self, latent: Latent, *, order: Literal[0, 1]) -> Evaluation:
        """Value and constraints; derivatives for `order` 1. Traceable and unbatched."""
        ...

    def grow(self, factor: float) -> Self:
        """The same with `factor` times the capacity."""
        ...
