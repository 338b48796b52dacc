"""How much a run may cost, and the knobs that a name leaves open."""

import dataclasses

from ..._problem import Problem

KNOBS = ("learning_rate", "population", "elites", "std")  # of a run's configuration


@dataclasses.dataclass(frozen=True)
class Effort:
    """How much a run may cost, and the few knobs a name leaves open.

    **Arguments:**

    - `steps`: iterations at most, or `None`.
    - `budget`: charged simulator steps at most, or `None`.
    - `learning_rate`: of gradient methods, in the design parameters' unit (radians for angles):
      how far one step may turn a joint; `None` for what suits the task's designs.
    - `decay`: whether the rate falls along half a cosine over the run.
    - `population`: candidates an iteration of sampling methods, starts of `multistart-adam`;
      `None` for each method's own.
    - `elites`: of `cem`; a quarter of the population by default.
    - `std`: first standard deviation of sampling methods, in latent units, about where the run
      starts, for which none then looks around; `None` for each method's own.
    - `width`: within which `coupled-adam` moves neighbors together at first, over the tool's
      extent; `None` for its own.
    - `narrowing`: share of the run in which that width falls to a tenth; `None` for its own.
    - `noise`: standard deviation that `smoothed-adam` begins with, in latent units; `None` for
      its own.
    """

    steps: int | None = None
    budget: float | None = None
    learning_rate: float | None = None
    decay: bool = False
    population: int | None = None
    elites: int | None = None
    std: float | None = None
    width: float | None = None
    narrowing: float | None = None
    noise: float | None = None

    def iterations(self, cost: float) -> int:
        """How many iterations of `cost` charged steps fit."""
        limits = [self.steps] if self.steps is not None else []
        limits += [int(self.budget // cost)] if self.budget is not None else []
        return max(1, min(limits))

    @property
    def rate(self) -> float:
        """The learning rate, which whoever makes an optimizer has seen to."""
        assert self.learning_rate is not None
        return self.learning_rate

    def gradients(self, problem: Problem, share: float) -> int:
        """How many gradients fit into a share of the run."""
        cost = problem.gradient_cost * problem.steps_per_evaluation
        return max(1, round(share * self.iterations(cost)))
