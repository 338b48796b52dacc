"""Where the points of a surface are along the chord."""

import equinox as eqx
import jax.numpy as jnp
import numpy as np

from .._types import Array, Float
from ._nose import nose_curve
from ._outline import checked_outline

_OFF = 1e-3  # chords, that a point may be off its station
_CROSSED = 1e-4  # chords, that thin sides may cross by between their points


class SectionLayout(eqx.Module):
    """The stations that all surfaces of a family share.

    A surface runs counterclockwise: from the trailing edge over the top to the leading edge, back
    below, and up the blunt base of the trailing edge. Upper and lower points lie at the same
    stations along the chord, so thickness is a difference of two numbers.

    **Arguments:**

    - `num_side`: edges along each side; there are `2 * num_side + 1 + num_base` points.
    - `num_base`: points within the base.
    - `trailing`: in [0, 1), how far spacing at the trailing edge is stretched: 0 clusters points
      there as at the leading edge.

    **Raises:** `ValueError` for values out of these ranges.
    """

    num_side: int = eqx.field(static=True, default=61)
    num_base: int = eqx.field(static=True, default=3)
    trailing: float = eqx.field(static=True, default=0.1)

    def __check_init__(self):
        if not (self.num_side >= 8 and self.num_base >= 0 and 0 <= self.trailing < 1):
            raise ValueError(
                "`SectionLayout` needs num_side >= 8, num_base >= 0 and 0 <= trailing < 1, got "
                f"{self.num_side}, {self.num_base} and {self.trailing:g}."
            )

    @property
    def num_points(self) -> int:
        return 2 * self.num_side + 1 + self.num_base

    @property
    def stations(self) -> np.ndarray:
        """Positions along the chord from the leading edge (0) to the trailing edge (1)."""
        s = np.linspace(0, np.pi, self.num_side + 1)
        both, leading = 0.5 * (1 - np.cos(s)), 1 - np.cos(0.5 * s)
        return (1 - self.trailing) * both + self.trailing * leading

    def refined(self, factor: float) -> "SectionLayout":
        """The layout with `factor` times the edges on the sides and on the base, rounded."""
        num_base = round(factor * (self.num_base + 1)) - 1
        return SectionLayout(round(factor * self.num_side), num_base, self.trailing)

    def surface(
        self, upper: Float[Array, " station"], lower: Float[Array, " station"]
    ) -> Float[Array, "point 2"]:
        """The surface with these heights at `stations`; traceable.

        Both sides begin at the leading edge, where they share their first height.
        """
        x = jnp.asarray(self.stations, upper.dtype)
        over = jnp.stack([x, upper], axis=1)[::-1]
        under = jnp.stack([x, lower], axis=1)[1:]
        share = jnp.linspace(0, 1, self.num_base + 2, dtype=upper.dtype)[1:-1, None]
        base = (1 - share) * under[-1:] + share * over[:1]
        return jnp.concatenate([over, under, base])

    def sides(
        self, surface: Float[Array, "point 2"]
    ) -> tuple[Float[Array, " station"], Float[Array, " station"]]:
        """Upper and lower heights of a surface at `stations`, leading edge first."""
        num = self.num_side
        return surface[num::-1, 1], surface[num : 2 * num + 1, 1]

    def fit(self, outline: np.ndarray) -> Float[Array, "point 2"]:
        """The surface through any other outline of a section (host side).

        The outline, in any order, is moved, turned and scaled to a chord from (0, 0) to (1, 0).
        Heights are interpolated by cubic splines in the root of the distance behind the nose, in
        which a round leading edge is smooth; the nose need not be a given point.

        **Raises:** `ValueError` as `checked_outline`, or if the points are too uneven or too few
        for a smooth curve.
        """
        points = checked_outline(outline)
        upper, lower = nose_curve(points).heights(points, self.stations)
        if (upper - lower).min() < -_CROSSED:
            where = self.stations[int(np.argmin(upper - lower))]
            raise ValueError(
                "The points of the section are too uneven or too few for a smooth curve: its sides "
                f"cross at {where:.3f} of the chord."
            )
        return self.surface(jnp.asarray(upper), jnp.asarray(lower))


def layout_of(surface: np.ndarray) -> SectionLayout:
    """The layout that a surface has (host side).

    **Raises:** `ValueError` if its points lie at the stations of none.
    """
    x = np.asarray(surface, float)[:, 0]
    num_side = int(x.argmin())
    wanted = "`layout_of` needs a surface whose points lie at the stations of a `SectionLayout`"
    if num_side < 8 or len(x) < 2 * num_side + 1:
        raise ValueError(f"{wanted}, got {len(x)} points, the foremost of which is {num_side}.")
    sides = x[num_side::-1], x[num_side : 2 * num_side + 1]
    even, stretched = (SectionLayout(num_side, 0, end).stations for end in (0.0, 0.5))
    along = 2 * (stretched - even)  # what the stretching of a whole moves a station by
    trailing = float(along @ (sides[0] - even) / (along @ along))
    off = [np.abs(side - even - trailing * along).max() for side in sides]
    if not (max(off) < _OFF and -_OFF < trailing < 1):
        raise ValueError(f"{wanted}; some are off by {max(off):.1e} chords.")
    return SectionLayout(num_side, len(x) - 2 * num_side - 1, max(trailing, 0.0))
