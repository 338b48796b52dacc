"""The one gradient that a sampling method may be told of: the champion's."""

from .._constraints import ConstraintEntries
from .._evaluation import Slope
from .._types import Latent
from ..optimizers import AbstractOptimizer, Raced
from ..optimizers._base import guided
from ._evaluate import evaluate_through
from ._problem_like import ProblemLike
from ._race import num_conditions


def slope_steps_of(problem: ProblemLike, optimizer: AbstractOptimizer) -> int:
    """Simulator steps of one iteration that the champion is differentiated over."""
    if not guided(optimizer):
        return 0
    number = num_conditions(problem) if isinstance(optimizer, Raced) else 1
    return problem.steps_per_evaluation // number


def evaluate_slope(
    problem: ProblemLike,
    optimizer: AbstractOptimizer,
    champion: Latent,
    chunk: int,
    entries: ConstraintEntries,
    turn: int,
) -> Slope:
    """The gradient at the champion; in a race on one condition.

    **Arguments:** `turn`: of the conditions; the iteration.
    """
    number, which = num_conditions(problem), None
    if isinstance(optimizer, Raced) and number > 1:
        which = (turn % number,)
    found, _ = evaluate_through.get()(problem, champion[None], 1, chunk, entries, which)
    assert found.grad is not None
    return Slope(champion, found.grad[0])
