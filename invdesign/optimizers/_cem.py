"""The cross-entropy method."""

import equinox as eqx
import jax
import jax.numpy as jnp

from .._checks import MOST_CANDIDATES, checked_count, checked_latent, checked_number
from .._evaluation import Evaluation
from .._types import Latent, Latents, PRNGKeyArray, Scalar, as_float
from ._base import AbstractOptimizer


class CEMState(eqx.Module):
    """Mean and standard deviation of the Gaussian that candidates are drawn from."""

    mean: Latent
    std: Latent


class CEM(AbstractOptimizer):
    r"""The cross-entropy method with a diagonal Gaussian.

    Draws a population from $N(\mu, \mathrm{diag}(\sigma^2))$ and moves it towards the elites $E$,
    the candidates with the lowest values:

    $$\mu \leftarrow \alpha \mu + (1 - \alpha)\, \mathrm{mean}(E), \qquad
      \sigma \leftarrow \max(\alpha \sigma + (1 - \alpha)\, \mathrm{std}(E), \sigma_{min})$$

    Failed candidates are never elites; if all failed, nothing changes.

    Source: de Boer, Kroese, Mannor and Rubinstein (2005), algorithm 4.1 with the smoothing of
    remark 3.

    **Arguments:**

    - `population`: candidates an iteration, at most 100,000.
    - `num_elites`: how many of them the Gaussian is fitted to; a tenth to a quarter is usual.
    - `initial_std`, `min_std`: standard deviations in latent units at the start, and at least;
      too small a minimum lets the search freeze before it arrives.
    - `smoothing`: $\alpha$ in [0, 1), the share of the old mean and deviation that is kept.

    **Raises:** `ValueError` if one of them is out of its range.
    """

    population: int = eqx.field(static=True, default=40)
    num_elites: int = eqx.field(static=True, default=8)
    initial_std: Scalar = eqx.field(converter=as_float, default=0.5)
    min_std: Scalar = eqx.field(converter=as_float, default=1e-3)
    smoothing: Scalar = eqx.field(converter=as_float, default=0.1)

    def __check_init__(self):
        checked_count(self.population, "population", "CEM", most=MOST_CANDIDATES)
        checked_count(self.num_elites, "num_elites", "CEM", least=0)
        if not 0 < self.num_elites <= self.population:
            raise ValueError(
                f"`CEM` needs 0 < num_elites <= population, got {self.num_elites} and "
                f"{self.population}."
            )
        checked_number(self.initial_std, "initial_std", "CEM", above=0)
        checked_number(self.min_std, "min_std", "CEM", least=0)
        if not self.min_std <= self.initial_std:
            raise ValueError(
                f"`CEM` needs 0 <= min_std <= initial_std and initial_std > 0, got "
                f"{float(self.min_std):g} and {float(self.initial_std):g}."
            )
        checked_number(self.smoothing, "smoothing", "CEM", least=0, below=1)

    @property
    def order(self) -> int:
        return 0

    def init(self, latent: Latent, *, key: PRNGKeyArray) -> CEMState:
        latent = checked_latent(latent, "CEM")
        return CEMState(latent, jnp.full_like(latent, self.initial_std))

    @eqx.filter_jit
    def ask(self, state: CEMState, *, key: PRNGKeyArray) -> Latents:
        shape = (self.population, state.mean.shape[0])
        noise = jax.random.normal(key, shape, state.mean.dtype)
        return state.mean[None] + state.std[None] * noise

    @eqx.filter_jit
    def tell(self, state: CEMState, candidates: Latents, evaluation: Evaluation) -> CEMState:
        value = jnp.where(jnp.isfinite(evaluation.value), evaluation.value, jnp.inf)
        elite = jnp.argsort(value)[: self.num_elites]
        # Fewer than `num_elites` may have succeeded: the failed ones weigh nothing.
        weight = jnp.isfinite(value[elite]).astype(candidates.dtype)[:, None]
        points, number = candidates[elite], weight.sum()
        mean = (weight * points).sum(0) / jnp.maximum(number, 1)
        std = jnp.sqrt((weight * (points - mean[None]) ** 2).sum(0) / jnp.maximum(number, 1))
        keep = jnp.where(number > 0, self.smoothing.astype(mean.dtype), 1)
        floor = self.min_std.astype(mean.dtype)
        return CEMState(
            mean=keep * state.mean + (1 - keep) * mean,
            std=jnp.maximum(keep * state.std + (1 - keep) * std, floor),
        )

    def done(self, state: CEMState) -> bool:
        return False
