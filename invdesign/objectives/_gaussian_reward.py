"""The reward of being near a point."""

from typing import Any

import equinox as eqx
import jax.numpy as jnp

from .._rollout import Trajectory
from .._types import Array, Float, Scalar, as_float
from ._base import AbstractObjective
from ._tail import check_tail, last_frames


class GaussianReward(AbstractObjective):
    r"""One less the mean of a Gaussian around a point:

    $$1 - \frac{1}{T N} \sum_{t, p} \exp(-\tfrac12 (x_{tp} - \mu)^T \Sigma^{-1} (x_{tp} - \mu))$$

    with a diagonal $\Sigma$, over all particles $p$ and the last frames $t$. Zero if all the
    water sits on the point, near one and flat if it is more than three widths away: a wide one
    gives a gradient from far off, a narrow one shapes the end, and a `WeightedSum` has both.

    Source: Allen et al. (2022), arXiv 2202.00728, for a Gaussian reward of the particles at the
    end. The sign, the mean, the diagonal covariance and the average over a tail are ours; the
    paper's widths are not published.

    **Arguments:**

    - `mean`: the point in metres, `(dim,)`.
    - `std`: widths along each axis in metres, positive, `(dim,)`.
    - `tail`: the last fraction of the frames that counts, in [0, 1]; 0 is the last frame alone.

    **Raises:** `ValueError` for values out of these ranges.
    """

    mean: Float[Array, " dim"] = eqx.field(converter=as_float)
    std: Float[Array, " dim"] = eqx.field(converter=as_float)
    tail: float = eqx.field(static=True, default=0.0)

    def __check_init__(self):
        check_tail(self.tail, "GaussianReward")
        if self.mean.shape != self.std.shape or not (self.std > 0).all():
            raise ValueError(
                "`GaussianReward` needs a positive std for each entry of the mean, got "
                f"{self.std} for {self.mean}."
            )

    def __call__(self, trajectory: Trajectory, design: Any) -> Scalar:
        x = last_frames(trajectory.frames.position, self.tail)
        mean, std = self.mean.astype(x.dtype), self.std.astype(x.dtype)
        scaled = (x - mean[None, None]) / std[None, None]
        return 1.0 - jnp.exp(-0.5 * jnp.sum(scaled**2, axis=-1)).mean()
