"""Candidates that are the best point, moved along its gradient."""

from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp

from .._checks import checked_count, checked_number
from .._evaluation import Evaluation, Slope
from .._types import Array, Bool, Float, Latent, Latents, PRNGKeyArray
from ._base import AbstractGuided
from ._cmaes import CMAES


class InjectedState(eqx.Module):
    """State of a sampling method that is told of gradients.

    **Arguments:** `inner`: its own; `slope`: at the champion, zero as long as there is none.
    """

    inner: Any
    slope: Slope


class Injected(AbstractGuided):
    r"""Puts the best point so far, moved along its gradient, among the candidates of CMA-ES.

    The last `moved` candidates of a population, $j = 1 \dots m$, give way to

    $$z - r \ell_j \sigma \sqrt{n} \frac{g}{|g|}, \qquad \ell_j \sim U[(j - 1) / m, j / m]$$

    with the champion $z$, the gradient $g$ there, and the distance $\sigma \sqrt n$ that candidates
    have from the mean. CMA-ES is told of them like of the others, but from nowhere farther off than
    those are.

    `solve` takes that one gradient after each population and charges it; within `Raced` on one
    condition, in turn. Candidates themselves are evaluated without gradients. Where none is told,
    or it is zero or not finite, this is CMA-ES as it is: so it is in any optimizer but `Raced`,
    `Repaired`, `FeasibleFirst` and `RandomDirection`, which makes the control of it.

    Source: Hansen (2011), Injecting external solutions into CMA-ES, arXiv 1110.4181, section 2 and
    equation 4.

    **Arguments:**

    - `optimizer`: draws the others. Its own `local` candidates are the first to give way.
    - `moved`: candidates an iteration, at least 1 and fewer than the population.
    - `reach`: $r$, above 0.

    **Raises:** `ValueError` if one of them is out of its range.
    """

    optimizer: CMAES
    moved: int = eqx.field(static=True, default=2)
    reach: float = eqx.field(static=True, default=0.75)

    def __check_init__(self):
        checked_count(self.moved, "moved", "Injected")
        checked_number(self.reach, "reach", "Injected", above=0)

    @property
    def order(self) -> int:
        return 0

    @property
    def guided(self) -> bool:
        return True

    def init(self, latent: Latent, *, key: PRNGKeyArray) -> InjectedState:
        inner = self.optimizer.init(latent, key=key)
        population = len(inner.candidates)
        if self.moved >= population:
            raise ValueError(
                f"`Injected` needs moved < population, got {self.moved} and {population}."
            )
        latent = jnp.asarray(inner.initial)
        return InjectedState(inner, Slope(latent, jnp.zeros_like(latent)))

    def ask(self, state: InjectedState, *, key: PRNGKeyArray) -> Latents:
        drawn = self.optimizer.ask(state.inner, key=key)
        ways, known = _downhill(state.slope.grad, self.moved, self.reach, key)
        if not known:
            return drawn
        moved = self.optimizer.beside(state.inner, state.slope.latent, ways)
        return jnp.concatenate([drawn[: -self.moved], moved])

    def tell(
        self, state: InjectedState, candidates: Latents, evaluation: Evaluation
    ) -> InjectedState:
        inner = self.optimizer.tell(state.inner, candidates, evaluation)
        slope = state.slope if evaluation.slope is None else evaluation.slope
        return InjectedState(inner, slope)

    def done(self, state: InjectedState) -> bool:
        return self.optimizer.done(state.inner)


@eqx.filter_jit
def _downhill(
    grad: Latent, number: int, reach: float, key: PRNGKeyArray
) -> tuple[Float[Array, "way latent"], Bool[Array, ""]]:
    """Ways against the gradient, one length of each part of the reach; whether there are any."""
    size = jnp.max(jnp.abs(grad))
    scaled = grad / size  # whose square cannot overflow
    parts = jax.random.uniform(key, (number,), grad.dtype) + jnp.arange(number, dtype=grad.dtype)
    ways = -(reach / number * parts)[:, None] * scaled[None] / jnp.linalg.norm(scaled)
    return ways, jnp.isfinite(ways).all() & (size > 0)
