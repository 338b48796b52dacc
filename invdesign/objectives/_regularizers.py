"""What a tool should look like, whatever the water does; no simulator step is needed."""

from typing import Any

import equinox as eqx
import jax.numpy as jnp
import numpy as np

from .._geometry import signed_distances
from .._rollout import Trajectory
from .._types import Array, Float, Scalar, as_float
from ..spaces._product import parameter_groups, segment_parts
from ._base import AbstractObjective


class Smoothness(AbstractObjective):
    r"""Mean squared difference of neighbouring parameters, $\frac{1}{n-1}\sum (\alpha_{k+1} -
    \alpha_k)^2$: in squared radians for angles.

    Keeps a chain from zigzagging; zero for an arc of constant bend, and for a single parameter.
    Parts of a `Product` are not neighbors: the mean is over the steps within each.

    Source: ours, after the first differences that Allen et al. (2022), arXiv 2202.00728, penalize
    in height fields.
    """

    def __call__(self, trajectory: Trajectory, design: Any) -> Scalar:
        steps = jnp.concatenate([jnp.diff(group) for group in parameter_groups(design)])
        return jnp.sum(steps**2) / max(1, steps.shape[0])


class SelfCrossing(AbstractObjective):
    r"""Sum over pairs of segments of $\max(0, 1 - d/c)^2$, with $d$ their distance.

    The distance is signed: where two segments cross, it is minus the length that an end would
    have to move back, so that the gradient undoes a crossing. Zero where every pair is clear by
    $c$; one a pair where two touch. Pairs closer in order than `num_neighbors` do not count,
    since links that follow each other always touch; those of different parts of a `Product` do
    count.

    Source: ours.

    **Arguments:**

    - `clearance`: $c$ in metres between centre lines, positive.
    - `num_neighbors`: how many segments after each one are left out, at least 1.

    **Raises:** `ValueError` for values out of these ranges.
    """

    clearance: Float[Array, ""] = eqx.field(converter=as_float)
    num_neighbors: int = eqx.field(static=True, default=1)

    def __check_init__(self):
        if self.num_neighbors < 1 or not self.clearance > 0:
            raise ValueError(
                "`SelfCrossing` needs clearance > 0 and num_neighbors >= 1, got "
                f"{self.clearance} and {self.num_neighbors}."
            )

    def __call__(self, trajectory: Trajectory, design: Any) -> Scalar:
        distance = signed_distances(design.segments, design.segments)
        first, second = np.triu_indices(distance.shape[0], k=1)
        part = segment_parts(design)
        counts = (second - first > self.num_neighbors) | (part[first] != part[second])
        first, second = first[counts], second[counts]
        near = jnp.maximum(1.0 - distance[first, second] / self.clearance.astype(distance.dtype), 0)
        return jnp.sum(near**2)


class InsideBox(AbstractObjective):
    r"""Sum over the segments' ends of the squared distance to a box, in units of its margin:
    $\sum |x - \mathrm{clip}(x)|^2 / m^2$.

    Zero where the whole tool is inside.

    Source: ours.

    **Arguments:**

    - `lower`, `upper`: corners of the box in metres, `(dim,)`.
    - `margin`: $m$ in metres, the excess of one end that counts one; positive.

    **Raises:** `ValueError` for values out of these ranges.
    """

    lower: Float[Array, " dim"] = eqx.field(converter=as_float)
    upper: Float[Array, " dim"] = eqx.field(converter=as_float)
    margin: Float[Array, ""] = eqx.field(converter=as_float, default=0.05)

    def __check_init__(self):
        _check_box("InsideBox", self.lower, self.upper, self.margin)

    def __call__(self, trajectory: Trajectory, design: Any) -> Scalar:
        ends = design.segments.reshape(-1, design.segments.shape[-1])
        lower, upper = self.lower.astype(ends.dtype), self.upper.astype(ends.dtype)
        excess = (ends - jnp.clip(ends, lower[None], upper[None])) / self.margin.astype(ends.dtype)
        return jnp.sum(excess**2)


class OutsideBox(AbstractObjective):
    r"""Sum over the segments' ends and middles of the squared depth inside a box, in units of its
    margin: $\sum \max(0, \min(x - l, u - x))^2 / m^2$.

    Keeps a tool out of the place where the water starts. Zero where no such point is inside.

    Source: ours.

    **Arguments:**

    - `lower`, `upper`: corners of the box in metres, `(dim,)`.
    - `margin`: $m$ in metres, the depth of one point that counts one; positive.

    **Raises:** `ValueError` for values out of these ranges.
    """

    lower: Float[Array, " dim"] = eqx.field(converter=as_float)
    upper: Float[Array, " dim"] = eqx.field(converter=as_float)
    margin: Float[Array, ""] = eqx.field(converter=as_float, default=0.05)

    def __check_init__(self):
        _check_box("OutsideBox", self.lower, self.upper, self.margin)

    def __call__(self, trajectory: Trajectory, design: Any) -> Scalar:
        start, end = design.segments[:, 0], design.segments[:, 1]
        points = jnp.concatenate([start, 0.5 * (start + end), end])
        lower, upper = self.lower.astype(points.dtype), self.upper.astype(points.dtype)
        depth = jnp.minimum(points - lower[None], upper[None] - points).min(axis=1)
        return jnp.sum((jnp.maximum(depth, 0.0) / self.margin.astype(points.dtype)) ** 2)


def _check_box(owner: str, lower: Array, upper: Array, margin: Array) -> None:
    ordered = lower.shape == upper.shape and bool((lower < upper).all())
    if not ordered or not margin > 0:
        raise ValueError(
            f"`{owner}` needs lower < upper and margin > 0, got {lower}, {upper} and {margin}."
        )
