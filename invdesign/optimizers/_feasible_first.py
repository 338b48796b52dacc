"""Constraints before values, for optimizers that rank."""

from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp

from .._constraints import ConstraintEntries
from .._evaluation import Evaluation
from .._types import Array, Bool, Float, Latent, Latents, PRNGKeyArray
from ._base import AbstractConstrained, AbstractOptimizer
from ._constrained import Told, told, unconstrained


class FeasibleFirst(AbstractConstrained):
    """Ranks candidates that meet the constraints by value, and behind them the rest by violation.

    No weight has to be chosen: an optimizer that only ranks, such as `CMAES` or `CEM`, is told of
    a candidate that misses a constraint the highest value of those that miss none, plus by how much
    it misses: the largest violation over its tolerance.

    Source: Deb (2000), An efficient constraint handling method for genetic algorithms, section 3.

    **Arguments:**

    - `optimizer`: of order 0; it sees no constraints.
    - `constraints`: `problem.constraints` of the problem to be solved.

    **Raises:** `ValueError` if the optimizer uses gradients, which say nothing of a rank; on
    `tell` if there are not as many constraints.
    """

    optimizer: AbstractOptimizer
    constraints: ConstraintEntries

    def __check_init__(self):
        if self.optimizer.order != 0:
            raise ValueError(
                "`FeasibleFirst` needs an optimizer that uses values alone; put one that descends "
                "into `AugmentedLagrangian`."
            )

    @property
    def equality(self) -> tuple[bool, ...]:
        return self.constraints.equality

    @property
    def order(self) -> int:
        return 0

    def init(self, latent: Latent, *, key: PRNGKeyArray) -> Any:
        return self.optimizer.init(latent, key=key)

    def ask(self, state: Any, *, key: PRNGKeyArray) -> Latents:
        return self.optimizer.ask(state, key=key)

    def tell(self, state: Any, candidates: Latents, evaluation: Evaluation) -> Any:
        value = _ranked(self.constraints, told("FeasibleFirst", self.equality, evaluation))
        return self.optimizer.tell(state, candidates, unconstrained(evaluation, value, None))

    def done(self, state: Any) -> Bool[Array, ""] | bool:
        return self.optimizer.done(state)


@eqx.filter_jit
def _ranked(entries: ConstraintEntries, here: Told) -> Float[Array, " pop"]:
    missed = jax.vmap(entries.worst)(here.constraints)
    met = (missed <= 1) & jnp.isfinite(here.value)
    highest = jnp.max(jnp.where(met, here.value, -jnp.inf))
    behind = jnp.where(jnp.isfinite(highest), highest, 0.0) + missed
    return jnp.where(jnp.isfinite(here.value) & ~met, behind, here.value)
