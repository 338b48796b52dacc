"""The interface every optimizer fulfils."""

import abc
from typing import Any

import equinox as eqx

from .._evaluation import Evaluation
from .._types import Array, Bool, Latent, Latents, PRNGKeyArray


class AbstractOptimizer(eqx.Module):
    """Proposes latents and learns from their evaluations; knows nothing of physics.

    The driver `solve` owns the loop: `ask`, evaluate, `tell`. All optimizers search the same
    unbounded latent; bounds live in the design space.

    - States are pytrees whose leaves are all arrays (JAX or NumPy) and whose structure and
      shapes do not change, so that a run is written to a file and resumed exactly.
    - `ask` and `tell` are pure. They may run on the host.
    - A failed candidate arrives with the value `+inf` and a zero gradient. Every optimizer
      survives any number of them and keeps asking for finite latents: a sampling method ranks
      them last, a gradient method goes back to the best point it knows and halves its step.
    """

    @property
    @abc.abstractmethod
    def order(self) -> int:
        """1 if candidates are evaluated with their gradients, 0 if with values only."""

    @abc.abstractmethod
    def init(self, latent: Latent, *, key: PRNGKeyArray) -> Any:
        """The state of a search that starts from `latent`.

        **Raises:** `ValueError` if the optimizer cannot start there.
        """

    @abc.abstractmethod
    def ask(self, state: Any, *, key: PRNGKeyArray) -> Latents:
        """The latents to evaluate next; the population size never changes within a search.

        They are evaluated with their gradients if `order` is 1, with values only if it is 0.
        """

    @abc.abstractmethod
    def tell(self, state: Any, candidates: Latents, evaluation: Evaluation) -> Any:
        """The state after `candidates` were found to have `evaluation` (leading axis `pop`)."""

    @abc.abstractmethod
    def done(self, state: Any) -> Bool[Array, ""] | bool:
        """Whether the search has converged and should not be asked any more."""


class AbstractConstrained(AbstractOptimizer):
    """An optimizer that honours constraints: the only kind `solve` takes where a task has some.

    - `equality`: for every entry of `Evaluation.constraints` whether it has to be 0 (otherwise
      `>= 0`); `problem.constraints.equality` of the problem to be solved.
    """

    equality: eqx.AbstractVar[tuple[bool, ...]]


class AbstractGuided(AbstractOptimizer):
    """An optimizer that can be told of the gradient at the champion, `Evaluation.slope`."""

    @property
    @abc.abstractmethod
    def guided(self) -> bool:
        """Whether it has to be: `solve` then takes and charges one after each population."""


def guided(optimizer: AbstractOptimizer) -> bool:
    """Whether an optimizer has to be told of the gradient at the champion."""
    return isinstance(optimizer, AbstractGuided) and optimizer.guided
