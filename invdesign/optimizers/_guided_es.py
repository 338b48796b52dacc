"""Evolution strategies that search more along recent gradients than across them."""

import equinox as eqx
import jax
import jax.numpy as jnp
from jax.scipy.stats import rankdata

from .._checks import MOST_CANDIDATES, checked_count, checked_number
from .._evaluation import Evaluation
from .._types import Array, Float, Latent, Latents, PRNGKeyArray, Scalar, as_float
from ._base import AbstractGuided
from ._first_order import AbstractFirstOrder, FirstOrderState

_SAME = 1e-3  # singular values below this part of the largest span nothing of their own


class GuidedESState(eqx.Module):
    """State of guided evolution strategies.

    **Arguments:**

    - `inner`: the descent's own, around whose latent is asked.
    - `recent`: directions of the gradients told last, newest first; zero as long as there are none.
    """

    inner: FirstOrderState
    recent: Float[Array, "memory latent"]


class GuidedES(AbstractGuided):
    r"""A descent along slopes that pairs of values measure, most of them where gradients pointed.

    Around the descent's point $z$ pairs $z \pm \epsilon_i$, $i = 1 \dots P$, are evaluated, with

    $$\epsilon_i \sim N(0, \sigma^2 \Sigma), \qquad
      \Sigma = \alpha I + (1 - \alpha) \frac{n}{k} U U^\top$$

    for $n$ latents and an orthonormal basis $U$ of the $k$ directions that the last gradients span.
    The descent steps along

    $$g = \frac{1}{\sigma P} \sum_i \epsilon_i \, (u(z + \epsilon_i) - u(z - \epsilon_i))$$

    where $u$, a value's rank between $-\frac12$ and $\frac12$, stands for the value: the wrappers
    that put constraints first, or race, give an order. So gradients that are biased or noisy choose
    where to look and values alone choose where to go: a wrong one costs evaluations, not the way.
    With $\alpha = 1$, and as long as no gradient is told, these are plain evolution strategies; a
    gradient that is zero or not finite is not remembered.

    `solve` takes one gradient after each population, at the champion, and charges it; within
    `Raced` on one condition, in turn. `RandomDirection` around it is its control.

    Source: Maheswaranathan, Metz, Tucker, Choi and Sohl-Dickstein (2019), Guided evolutionary
    strategies, arXiv 1806.10230, equations 1 and 2 and algorithm 1, which takes the gradient at $z$
    and values themselves; ranks: Salimans et al. (2017), arXiv 1703.03864, section 2.1.

    **Arguments:**

    - `optimizer`: steps along the slope, such as `Adam` or `Optax`, whose scale is that of ranks.
    - `population`: candidates an iteration, an even number from 2 to 100,000.
    - `std`: $\sigma$, the deviation of a latent in latent units, above 0; a few steps are good.
    - `share`: $\alpha$ in (0, 1], the part of the variance that no gradient has a say in.
    - `memory`: gradients remembered, at least 1. More than there are latents span no more.

    **Raises:** `ValueError` if one of them is out of its range.
    """

    optimizer: AbstractFirstOrder
    population: int = eqx.field(static=True, default=12)
    std: Scalar = eqx.field(converter=as_float, default=0.2)
    share: Scalar = eqx.field(converter=as_float, default=0.5)
    memory: int = eqx.field(static=True, default=3)

    def __check_init__(self):
        most = MOST_CANDIDATES
        checked_count(self.population, "population", "GuidedES", least=2, most=most)
        if self.population % 2:
            raise ValueError(
                f"`GuidedES` needs an even population, for pairs, got {self.population}."
            )
        checked_number(self.std, "std", "GuidedES", above=0)
        checked_number(self.share, "share", "GuidedES", above=0)
        if not self.share <= 1:
            raise ValueError(f"`GuidedES` needs 0 < share <= 1, got {float(self.share):g}.")
        checked_count(self.memory, "memory", "GuidedES")

    @property
    def order(self) -> int:
        return 0

    @property
    def guided(self) -> bool:
        return True

    def init(self, latent: Latent, *, key: PRNGKeyArray) -> GuidedESState:
        inner = self.optimizer.init(latent, key=key)
        none = jnp.zeros((self.memory, inner.latent.size), inner.latent.dtype)
        return GuidedESState(inner, none)

    @eqx.filter_jit
    def ask(self, state: GuidedESState, *, key: PRNGKeyArray) -> Latents:
        center = state.inner.latent[None]
        steps = _drawn(state.recent, self.share, self.population // 2, key)
        steps = self.std.astype(center.dtype) * steps
        return jnp.concatenate([center + steps, center - steps])

    @eqx.filter_jit
    def tell(
        self, state: GuidedESState, candidates: Latents, evaluation: Evaluation
    ) -> GuidedESState:
        value = jnp.where(jnp.isfinite(evaluation.value), evaluation.value, jnp.inf)
        grad = _slope(candidates, value) / self.std.astype(candidates.dtype)
        middle = jnp.sort(value)[self.population // 2]  # infinite if half of them failed
        told = Evaluation(
            value=middle[None],
            grad=grad[None],
            score=evaluation.score[:1],
            constraints=evaluation.constraints[:1],
            jacobian=None,
            result=jnp.asarray(evaluation.result)[:1],
        )
        inner = self.optimizer.tell(state.inner, state.inner.latent[None], told)
        slope = evaluation.slope
        recent = state.recent if slope is None else _remembered(state.recent, slope.grad)
        return GuidedESState(inner, recent)

    def done(self, state: GuidedESState) -> bool:
        return False


def _drawn(
    recent: Float[Array, "memory latent"], share: Scalar, number: int, key: PRNGKeyArray
) -> Latents:
    """Steps of unit variance a latent on average, more of it along what `recent` spans."""
    size, dtype = recent.shape[1], recent.dtype
    _, length, basis = jnp.linalg.svd(recent, full_matrices=False)
    spans = (length > _SAME * length[0]).astype(dtype)
    across, along = jax.random.split(key)
    everywhere = jax.random.normal(across, (number, size), dtype)
    within = (jax.random.normal(along, (number, len(length)), dtype) * spans[None]) @ basis
    share = jnp.where(spans.sum() > 0, share.astype(dtype), 1)
    part = (1 - share) * size / jnp.maximum(spans.sum(), 1)
    return jnp.sqrt(share) * everywhere + jnp.sqrt(part) * within


def _slope(candidates: Latents, value: Float[Array, " pop"]) -> Latent:
    """The mean of pairs' steps, each times how many ranks the value rises along it."""
    pairs = len(value) // 2
    ranks = rankdata(value).astype(candidates.dtype) / (len(value) - 1)  # equal ones share theirs
    steps = 0.5 * (candidates[:pairs] - candidates[pairs:])
    return jnp.mean(steps * (ranks[:pairs] - ranks[pairs:])[:, None], axis=0)


def _remembered(
    recent: Float[Array, "memory latent"], grad: Latent
) -> Float[Array, "memory latent"]:
    """The gradient's direction in front of the earlier ones, unless it has none."""
    size = jnp.max(jnp.abs(grad))
    scaled = grad / size  # whose square cannot overflow
    direction = scaled / jnp.linalg.norm(scaled)
    longer = jnp.concatenate([direction[None], recent[:-1]])
    return jnp.where(jnp.isfinite(direction).all() & (size > 0), longer, recent)
