"""How much of the water is where it should be."""

from typing import Any

import equinox as eqx

from .._rollout import Trajectory
from .._types import Array, Float, Scalar, as_float
from ._base import AbstractScore
from ._tail import check_tail, last_frames


class RegionFraction(AbstractScore):
    """Fraction of the particles within a box, averaged over the end of the horizon.

    What is reported of a design, in [0, 1]; it has no gradient. A particle that has left the
    finite numbers is outside.

    Source: ours; the paper (Allen et al. 2022, arXiv 2202.00728) reports its reward.

    **Arguments:**

    - `lower`, `upper`: corners of the region in metres, `lower < upper`, `(dim,)`.
    - `tail`: the last fraction of the frames that counts, in [0, 1]; 0 is the last frame alone.

    **Raises:** `ValueError` for values out of these ranges.
    """

    lower: Float[Array, " dim"] = eqx.field(converter=as_float)
    upper: Float[Array, " dim"] = eqx.field(converter=as_float)
    tail: float = eqx.field(static=True, default=0.1)

    def __check_init__(self):
        check_tail(self.tail, "RegionFraction")
        if self.lower.shape != self.upper.shape or not (self.lower < self.upper).all():
            raise ValueError(
                f"`RegionFraction` needs lower < upper, got {self.lower} and {self.upper}."
            )

    def __call__(self, trajectory: Trajectory, design: Any) -> Scalar:
        x = last_frames(trajectory.frames.position, self.tail)
        lower, upper = self.lower.astype(x.dtype), self.upper.astype(x.dtype)
        inside = ((x >= lower[None, None]) & (x <= upper[None, None])).all(axis=-1)
        return inside.astype(x.dtype).mean()
