"""Random search: the baseline every other optimizer has to beat."""

from collections.abc import Callable

import equinox as eqx
import jax

from .._checks import MOST_CANDIDATES, checked_count, checked_latent, checked_number
from .._evaluation import Evaluation
from .._types import Array, Latent, Latents, PRNGKeyArray, Scalar, as_float
from ._base import AbstractOptimizer


def draw(
    sample: Callable[..., Latent] | None, std: Array, center: Latent, number: int, key: PRNGKeyArray
) -> Latents:
    """`number` latents from `sample(key=...)`, or Gaussian around `center` if it is `None`."""
    if sample is None:
        noise = jax.random.normal(key, (number, *center.shape), center.dtype)
        return center[None] + std.astype(center.dtype) * noise
    keys = jax.random.split(key, number)
    return jax.vmap(lambda k: sample(key=k))(keys).astype(center.dtype)


class RandomSearch(AbstractOptimizer):
    """Independent random latents; nothing is learned, the driver keeps the best.

    **Arguments:**

    - `population`: candidates an iteration, 1 to 100,000.
    - `std`: standard deviation in latent units of a Gaussian around the initial latent.
    - `sample`: draws a latent as `sample(key=key)` in place of the Gaussian; a design space's
      own sampler is `RandomSearch(sample=task.space.sample)`.

    **Raises:** `ValueError` if one of them is out of its range.
    """

    population: int = eqx.field(static=True, default=16)
    std: Scalar = eqx.field(converter=as_float, default=1.0)
    sample: Callable[..., Latent] | None = None

    def __check_init__(self):
        checked_count(self.population, "population", "RandomSearch", most=MOST_CANDIDATES)
        checked_number(self.std, "std", "RandomSearch", above=0)

    @property
    def order(self) -> int:
        return 0

    def init(self, latent: Latent, *, key: PRNGKeyArray) -> Latent:
        return checked_latent(latent, "RandomSearch")

    @eqx.filter_jit
    def ask(self, state: Latent, *, key: PRNGKeyArray) -> Latents:
        return draw(self.sample, self.std, state, self.population, key)

    def tell(self, state: Latent, candidates: Latents, evaluation: Evaluation) -> Latent:
        return state

    def done(self, state: Latent) -> bool:
        return False
