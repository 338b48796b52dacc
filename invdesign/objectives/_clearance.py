"""Where a tool has to be clear of walls, of itself and of boxes, whatever the water does."""

from typing import Any

import equinox as eqx
import jax.numpy as jnp
import numpy as np

from .._checks import checked_number
from .._geometry import safe_norm, signed_distances
from .._rollout import Trajectory
from .._types import Array, Float, Segments, as_float, as_float_or_none
from ..spaces._product import segment_parts
from ._base import AbstractConstraint
from ._crossings import signed_gaps

Entries = Float[Array, " constraint"]
_TOLERANCE = 0.02  # of the clearance
_GAP = 0.03  # metres between centre lines: two tools of 15 mm half thickness that touch


class ClearOf(AbstractConstraint):
    r"""A tool's segments at least a clearance away from fixed walls.

    One entry a segment of the tool, $\min_w d_w / c - 1$ over the walls $w$, with the exact
    distance $d$ of two segments. Where they cross it is minus the way out: around the nearer end
    of the wall, around the end of the tool, or back out of the side that it came in by, whichever
    is shortest along wall or tool. A derivative leads all the way there, over the joints of a
    chain, so that a repair undoes a crossing. Smooth but where two walls, or two ways, are as near.

    Source: ours.

    **Arguments:**

    - `walls`: their end points in metres, `(wall, 2, 2)`, at least one. One that ends at another
      is left by the other's end.
    - `clearance`: $c$ in metres between centre lines, positive; the sum of the half thicknesses
      lets them touch.
    - `within`: lower and upper corner of the box that the tool stays in, `(2, 2)` in metres: no way
      leads around an end of a wall on its sides. `None`: around each.

    **Raises:** `ValueError` for values out of these ranges.
    """

    walls: Float[Array, "wall 2 2"] = eqx.field(converter=as_float)
    clearance: Float[Array, ""] = eqx.field(converter=as_float, default=_GAP)
    within: Float[Array, "2 2"] | None = eqx.field(converter=as_float_or_none, default=None)
    name: str = eqx.field(static=True, default="clear of walls")
    tolerance: float = eqx.field(static=True, default=_TOLERANCE)
    equality: bool = eqx.field(static=True, default=False, init=False)
    simulated: bool = eqx.field(static=True, default=False, init=False)

    def __check_init__(self):
        if self.walls.ndim != 3 or self.walls.shape[0] < 1 or self.walls.shape[1:] != (2, 2):
            raise ValueError(
                f"`ClearOf` needs walls of shape (wall, 2, 2), got {self.walls.shape}."
            )
        checked_number(float(self.clearance), "clearance", "ClearOf", above=0)
        box = self.within
        if box is not None and (box.shape != (2, 2) or not bool((box[0] < box[1]).all())):
            raise ValueError(
                "`ClearOf` needs `within` as the lower and the upper corner of a box, (2, 2), got "
                f"{box}."
            )

    def __call__(self, trajectories: Trajectory | None, design: Any) -> Entries:
        walls = self.walls.astype(design.segments.dtype)
        sides = None if self.within is None else self.within.astype(walls.dtype)
        nearest = signed_gaps(design.segments, walls, sides).min(axis=1)
        return nearest / self.clearance.astype(nearest.dtype) - 1.0


class ClearOfItself(AbstractConstraint):
    r"""A tool's segments at least a clearance away from each other.

    An entry for every segment that others follow: $\min d / c - 1$ over those, with the distance
    of `ClearOf`. Segments closer in order than `num_neighbors` do not count, since links that
    follow each other always touch; those of different parts of a `Product` do.

    Source: ours.

    **Arguments:**

    - `clearance`: $c$ in metres between centre lines, positive.
    - `num_neighbors`: how many segments after each one are left out, at least 0.

    **Raises:** `ValueError` for values out of these ranges.
    """

    clearance: Float[Array, ""] = eqx.field(converter=as_float, default=_GAP)
    num_neighbors: int = eqx.field(static=True, default=1)
    name: str = eqx.field(static=True, default="clear of itself")
    tolerance: float = eqx.field(static=True, default=_TOLERANCE)
    equality: bool = eqx.field(static=True, default=False, init=False)
    simulated: bool = eqx.field(static=True, default=False, init=False)

    def __check_init__(self):
        checked_number(float(self.clearance), "clearance", "ClearOfItself", above=0)
        if self.num_neighbors < 0:
            raise ValueError(
                f"`ClearOfItself` needs num_neighbors of at least 0, got {self.num_neighbors}."
            )

    def __call__(self, trajectories: Trajectory | None, design: Any) -> Entries:
        part, order = segment_parts(design), np.arange(design.segments.shape[0])
        later = order[None] - order[:, None]
        counts = (later > self.num_neighbors) | ((later > 0) & (part[None] != part[:, None]))
        followed = counts.any(axis=1)
        distance = signed_distances(design.segments, design.segments)
        nearest = jnp.where(counts, distance, jnp.inf)[followed].min(axis=1)
        return nearest / self.clearance.astype(nearest.dtype) - 1.0


class KeepOut(AbstractConstraint):
    r"""A tool's segments outside of a box, such as the place where the water starts.

    One entry a segment, $s / m$ with the separation $s$: the widest gap along the box's sides and
    across the segment. It is at least 0 exactly where the two are apart, and otherwise minus the
    shortest shift that takes them apart.

    Source: the separating axes of Gottschalk et al. (1996), OBBTree, theorem 1.

    **Arguments:**

    - `lower`, `upper`: corners of the box in metres, `(2,)`, the tool's half thickness included.
    - `margin`: $m$ in metres, the depth that counts one; positive.

    **Raises:** `ValueError` for values out of these ranges.
    """

    lower: Float[Array, " 2"] = eqx.field(converter=as_float)
    upper: Float[Array, " 2"] = eqx.field(converter=as_float)
    margin: Float[Array, ""] = eqx.field(converter=as_float, default=_GAP)
    name: str = eqx.field(static=True, default="out of the box")
    tolerance: float = eqx.field(static=True, default=_TOLERANCE)
    equality: bool = eqx.field(static=True, default=False, init=False)
    simulated: bool = eqx.field(static=True, default=False, init=False)

    def __check_init__(self):
        _check_box("KeepOut", self.lower, self.upper, self.margin)

    def __call__(self, trajectories: Trajectory | None, design: Any) -> Entries:
        segments = design.segments
        lower, upper, margin = (
            x.astype(segments.dtype) for x in (self.lower, self.upper, self.margin)
        )
        # By pairs: the derivative of a reduction looks for the entry that equals it, and finds none
        # where a compiler computes it twice and rounds differently.
        start, end = segments[:, 0], segments[:, 1]
        beside = jnp.maximum(
            jnp.minimum(start, end) - upper[None], lower[None] - jnp.maximum(start, end)
        )
        beside = jnp.maximum(beside[:, 0], beside[:, 1])
        return jnp.maximum(beside, _across(segments, lower, upper)) / margin


class KeepIn(AbstractConstraint):
    r"""A tool's segments inside a box.

    One entry a segment, the distance of its outermost end to the sides over the margin, negative
    outside.

    Source: ours.

    **Arguments:**

    - `lower`, `upper`: corners of the box in metres, `(2,)`.
    - `margin`: in metres, the excess that counts one; positive.

    **Raises:** `ValueError` for values out of these ranges.
    """

    lower: Float[Array, " 2"] = eqx.field(converter=as_float)
    upper: Float[Array, " 2"] = eqx.field(converter=as_float)
    margin: Float[Array, ""] = eqx.field(converter=as_float, default=_GAP)
    name: str = eqx.field(static=True, default="inside the box")
    tolerance: float = eqx.field(static=True, default=_TOLERANCE)
    equality: bool = eqx.field(static=True, default=False, init=False)
    simulated: bool = eqx.field(static=True, default=False, init=False)

    def __check_init__(self):
        _check_box("KeepIn", self.lower, self.upper, self.margin)

    def __call__(self, trajectories: Trajectory | None, design: Any) -> Entries:
        ends = design.segments
        lower, upper, margin = (x.astype(ends.dtype) for x in (self.lower, self.upper, self.margin))
        within = jnp.minimum(ends - lower[None, None], upper[None, None] - ends)
        return within.min(axis=(1, 2)) / margin


def _across(
    segments: Segments, lower: Float[Array, " 2"], upper: Float[Array, " 2"]
) -> Float[Array, " segment"]:
    """The gap between a box and each segment's line; minus infinity for a mere point."""
    axis = segments[:, 1] - segments[:, 0]
    length = safe_norm(axis)
    normal = jnp.stack([-axis[:, 1], axis[:, 0]], axis=1)
    normal = normal / jnp.where(length > 0, length, 1.0)[:, None]
    offset = jnp.sum(normal * (0.5 * (lower + upper)[None] - segments[:, 0]), axis=1)
    extent = jnp.sum(jnp.abs(normal) * 0.5 * (upper - lower)[None], axis=1)
    return jnp.where(length > 0, jnp.abs(offset) - extent, -jnp.inf)


def _check_box(owner: str, lower: Array, upper: Array, margin: Array) -> None:
    ordered = lower.shape == upper.shape == (2,) and bool((lower < upper).all())
    if not ordered or not margin > 0:
        raise ValueError(
            f"`{owner}` needs lower < upper and margin > 0, got {lower}, {upper} and {margin}."
        )
