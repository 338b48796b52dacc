"""Candidates that are repaired before they are simulated."""

from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp

from .._checks import checked_latent, checked_number
from .._evaluation import Evaluation
from .._types import Array, Bool, Latent, Latents, PRNGKeyArray, Scalar, as_float
from ._base import AbstractGuided, AbstractOptimizer, guided
from ._repair import Repair


class RepairedState(eqx.Module):
    """State of a search whose candidates are repaired.

    **Arguments:**

    - `inner`: state of the inner optimizer.
    - `key`: words of the key that the next candidates are drawn with.
    - `own`: the candidates as the inner optimizer drew them.
    - `repaired`: the same, repaired: what is asked.
    """

    inner: Any
    key: Array
    own: Latents
    repaired: Latents


class Repaired(AbstractGuided):
    r"""Has candidates repaired before they are evaluated.

    Geometric constraints cost no simulation, so none needs to be spent on a design that misses
    them. With $R(z)$ the repair of candidate $z$, the inner optimizer is told of $z$ itself

    $$f(R(z)) + p\,|z - R(z)|^2$$

    and, if it uses gradients, $\nabla f(R(z)) + 2p\,(z - R(z))$: the repair counts as the identity
    on the way back. Told of $R(z)$ in place of $z$ a sampling method takes the edge, where all
    repairs end, for the whole of the landscape, and narrows onto it. The champion is a repaired
    candidate.

    Whatever a repair leaves violated is the inner optimizer's affair, as are constraints that look
    at the simulation: `Repaired(FeasibleFirst(CMAES(), ...), ...)`.

    Source: the separation of genotype and phenotype in Michalewicz and Schoenauer (1996),
    Evolutionary algorithms for constrained parameter optimization problems, section 3.2; the
    straight-through gradient of Bengio, Leonard and Courville (2013), arXiv 1308.3432.

    **Arguments:**

    - `optimizer`: any optimizer.
    - `repair`: `Repair(problem.missed)`.
    - `pull`: $p$, in units of the value over a latent unit squared, 0 or above. Without it
      nothing keeps a search from wandering off to where every repair ends at the same design.

    **Raises:** `ValueError` if `pull` is below 0.
    """

    optimizer: AbstractOptimizer
    repair: Repair
    pull: Scalar = eqx.field(converter=as_float, default=0.05)

    def __check_init__(self):
        checked_number(self.pull, "pull", "Repaired", least=0)

    @property
    def order(self) -> int:
        return self.optimizer.order

    @property
    def guided(self) -> bool:
        return guided(self.optimizer)

    def init(self, latent: Latent, *, key: PRNGKeyArray) -> RepairedState:
        latent = checked_latent(latent, "Repaired")
        inner_key, key = jax.random.split(key)
        words = jax.random.key_data(key) if _typed(key) else key
        return self._draw(self.optimizer.init(latent, key=inner_key), words)

    def ask(self, state: RepairedState, *, key: PRNGKeyArray) -> Latents:
        return state.repaired

    def tell(
        self, state: RepairedState, candidates: Latents, evaluation: Evaluation
    ) -> RepairedState:
        moved = _as_own(evaluation, state.own - candidates, self.pull)
        return self._draw(self.optimizer.tell(state.inner, state.own, moved), state.key)

    def done(self, state: RepairedState) -> Bool[Array, ""] | bool:
        return self.optimizer.done(state.inner)

    def _draw(self, inner: Any, words: Array) -> RepairedState:
        """The state once the next candidates are drawn, since `ask` must not change anything."""
        key, now = jax.random.split(jax.random.wrap_key_data(words))
        own = self.optimizer.ask(inner, key=now)
        return RepairedState(inner, jax.random.key_data(key), own, self.repair(own))


def _typed(key: PRNGKeyArray) -> bool:
    return jnp.issubdtype(key.dtype, jax.dtypes.prng_key)


@eqx.filter_jit
def _as_own(evaluation: Evaluation, way: Latents, pull: Scalar) -> Evaluation:
    """The evaluation of repaired candidates as that of those drawn, `way` beside them."""
    pull = pull.astype(way.dtype)
    value = evaluation.value + pull * jnp.sum(way**2, axis=1)
    grad = evaluation.grad
    if grad is not None:
        grad = jnp.where(jnp.isfinite(value)[:, None], grad + 2 * pull * way, grad)
    return eqx.tree_at(
        lambda e: (e.value, e.grad), evaluation, (value, grad), is_leaf=lambda x: x is None
    )
