"""Goals that all have to be met: the worst of several values, as much in each of several boxes."""

import equinox as eqx
import jax
import jax.numpy as jnp

from .._checks import checked_number
from .._rollout import Trajectory
from .._types import Array, Float, Scalar, as_float
from ._base import AbstractObjective, AbstractScore
from ._tail import check_tail, last_frames


class Worst(AbstractObjective):
    r"""A smooth maximum of objectives: $\frac{1}{s} \log \frac{1}{K} \sum_k e^{s f_k}$.

    Between their mean and the largest of them, and the nearer to that the sharper: what is already
    good cannot make up for what is bad.

    Source: the log-sum-exp of Boyd and Vandenberghe (2004), section 3.1.5.

    **Arguments:**

    - `terms`: the objectives, at least one.
    - `sharpness`: $s$ over the unit of the values, positive.

    **Raises:** `ValueError` if there are no terms or the sharpness is not above 0.
    """

    terms: tuple[AbstractObjective, ...] = eqx.field(converter=tuple)
    sharpness: Float[Array, ""] = eqx.field(converter=as_float, default=20.0)

    def __check_init__(self):
        if not self.terms:
            raise ValueError("`Worst` needs at least one term, got none.")
        checked_number(float(self.sharpness), "sharpness", "Worst", above=0)

    def __call__(self, trajectory: Trajectory, design) -> Scalar:
        values = jnp.stack([term(trajectory, design) for term in self.terms])
        sharpness = self.sharpness.astype(values.dtype)
        return jax.nn.logsumexp(sharpness * values, b=1.0 / len(self.terms)) / sharpness


class EvenFraction(AbstractScore):
    """How evenly boxes share the particles: their number times the least fraction in any of them.

    1 where every particle is in one of them and there are as many in each; 0 if one is empty.
    Averaged over the end of the horizon. It has no gradient.

    Source: ours.

    **Arguments:**

    - `lower`, `upper`: corners of the boxes in metres, `lower < upper`, `(box, dim)`.
    - `tail`: the last fraction of the frames that counts, in [0, 1]; 0 is the last frame alone.

    **Raises:** `ValueError` for values out of these ranges.
    """

    lower: Float[Array, "box dim"] = eqx.field(converter=as_float)
    upper: Float[Array, "box dim"] = eqx.field(converter=as_float)
    tail: float = eqx.field(static=True, default=0.1)

    def __check_init__(self):
        check_tail(self.tail, "EvenFraction")
        fits = self.lower.ndim == 2 and self.lower.shape == self.upper.shape
        if not fits or not len(self.lower) or not bool((self.lower < self.upper).all()):
            raise ValueError(
                "`EvenFraction` needs boxes with lower < upper, got "
                f"{self.lower.tolist()} and {self.upper.tolist()}."
            )

    def __call__(self, trajectory: Trajectory, design) -> Scalar:
        x = last_frames(trajectory.frames.position, self.tail)[:, :, None]
        lower, upper = self.lower.astype(x.dtype), self.upper.astype(x.dtype)
        inside = ((x >= lower[None, None]) & (x <= upper[None, None])).all(axis=-1)
        shares = inside.astype(x.dtype).mean(axis=1)  # (time, box)
        return len(self.lower) * shares.min(axis=1).mean()
