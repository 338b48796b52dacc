"""What the spaces of sections share."""

import math

import equinox as eqx
import jax.numpy as jnp
import numpy as np

from .._types import Array, Float

SECTION_STEP = 0.002  # of gradient methods, in chords and radians


class SectionDesign(eqx.Module):
    """A section and the angles it flies at.

    **Arguments:**

    - `parameters`: of the design space, lengths in chords and angles in radians, `(parameter,)`.
    - `surface`: in the layout of the space, in chords, `(point, 2)`.
    - `angles`: of attack in radians, `(angle,)`.
    """

    parameters: Float[Array, " parameter"]
    surface: Float[Array, "point 2"]
    angles: Float[Array, " angle"]


def bernstein(x: Float[Array, " point"], degree: int) -> Float[Array, "point basis"]:
    """The `degree + 1` Bernstein polynomials at `x` in [0, 1]."""
    terms = [math.comb(degree, i) * x**i * (1 - x) ** (degree - i) for i in range(degree + 1)]
    return jnp.stack(terms, axis=1)


def check_angles(owner: str, bounds: Array, initial: Array) -> None:
    """Angles that a search starts from have to lie between their bounds (host side).

    **Raises:** `ValueError` if one does not, or if there are none.
    """
    low, high = np.asarray(bounds, float)
    values = np.asarray(initial, float)
    if values.ndim != 1 or not values.size or not ((low < values) & (values < high)).all():
        raise ValueError(
            f"`{owner}` needs initial angles of attack between {low:g} and {high:g}, got {values}."
        )
