"""Constraints before values, for optimizers that rank."""

from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp

from .._constraints import ConstraintEntries
from .._evaluation import Evaluation
from .._types import Array, Bool, Float, Latent, Latents, PRNGKeyArray
from ._base import AbstractConstrained, AbstractGuided, AbstractOptimizer, guided
from ._constrained import Told, as_bools, told, unconstrained

_BEHIND_ALL = 1e20


class FeasibleFirst(AbstractConstrained, AbstractGuided):
    """Ranks candidates that meet the constraints by value, and behind them the rest by violation.

    No weight has to be chosen: an optimizer that only ranks, such as `CMAES` or `CEM`, is told of
    a candidate that misses a constraint the highest value of those that miss none, plus by how much
    it misses: the largest violation over its tolerance.

    Source: Deb (2000), An efficient constraint handling method for genetic algorithms, section 3.

    **Arguments:**

    - `optimizer`: of order 0; it sees no constraints.
    - `equality`, `tolerance`: of every entry of the constraints, as `problem.constraints` has them.

    **Raises:** `ValueError` if the optimizer uses gradients, which say nothing of a rank, or there
    is not one tolerance for each entry; on `tell` if there are not as many constraints.
    """

    optimizer: AbstractOptimizer
    equality: tuple[bool, ...] = eqx.field(static=True, converter=as_bools)
    tolerance: tuple[float, ...] = eqx.field(static=True, converter=tuple)

    def __check_init__(self):
        if len(self.equality) != len(self.tolerance):
            raise ValueError(
                f"`FeasibleFirst` needs a tolerance for each of the {len(self.equality)} entries "
                f"of `equality`, got {len(self.tolerance)}."
            )
        if self.optimizer.order != 0:
            raise ValueError(
                "`FeasibleFirst` needs an optimizer that uses values alone; put one that descends "
                "into `AugmentedLagrangian`."
            )

    @property
    def order(self) -> int:
        return 0

    @property
    def guided(self) -> bool:
        return guided(self.optimizer)

    def init(self, latent: Latent, *, key: PRNGKeyArray) -> Any:
        return self.optimizer.init(latent, key=key)

    def ask(self, state: Any, *, key: PRNGKeyArray) -> Latents:
        return self.optimizer.ask(state, key=key)

    def tell(self, state: Any, candidates: Latents, evaluation: Evaluation) -> Any:
        names = ("",) * len(self.equality)
        entries = ConstraintEntries(names, self.equality, self.tolerance)
        value = _ranked(entries, told("FeasibleFirst", self.equality, evaluation))
        return self.optimizer.tell(state, candidates, unconstrained(evaluation, value, None))

    def done(self, state: Any) -> Bool[Array, ""] | bool:
        return self.optimizer.done(state)


@eqx.filter_jit
def _ranked(entries: ConstraintEntries, here: Told) -> Float[Array, " pop"]:
    missed = jax.vmap(entries.worst)(here.constraints)
    met = (missed <= 1) & jnp.isfinite(here.value)
    highest = jnp.max(jnp.where(met, here.value, -jnp.inf))
    # Where none meets them no value may look better than one of an iteration where some do.
    behind = jnp.where(jnp.isfinite(highest), highest + missed, _BEHIND_ALL * missed)
    return jnp.where(jnp.isfinite(here.value) & ~met, behind, here.value)
