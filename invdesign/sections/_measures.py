"""What is demanded of a section: thickness, area, radius of its nose. Traceable."""

import jax.numpy as jnp
import numpy as np

from .._types import Array, Float, Scalar
from ._layout import SectionLayout

Surface = Float[Array, "point 2"]
_NOSE = (1, 2)  # stations that the radius is extrapolated from
_TAIL = 0.1  # chords, over which the angle of the trailing edge is taken


def thickness_at(
    surface: Surface, layout: SectionLayout, positions: np.ndarray
) -> Float[Array, " position"]:
    """Thickness in chords at positions along the chord in [0, 1].

    Between stations it is linear in the root of the position, in which a round nose is smooth.
    """
    upper, lower = layout.sides(surface)
    at, known = (jnp.asarray(np.sqrt(x), surface.dtype) for x in (positions, layout.stations))
    return jnp.interp(at, known, upper - lower)


def trailing_edge_thickness(surface: Surface, layout: SectionLayout) -> Scalar:
    """Height of the blunt base in chords."""
    upper, lower = layout.sides(surface)
    return upper[-1] - lower[-1]


def trailing_angle(surface: Surface, layout: SectionLayout) -> Scalar:
    """Angle in radians between the sides over the last tenth of the chord."""
    upper, lower = layout.sides(surface)
    at, known = (jnp.asarray(x, surface.dtype) for x in (1 - _TAIL, layout.stations))
    slopes = [(jnp.interp(at, known, side) - side[-1]) / _TAIL for side in (upper, lower)]
    return jnp.arctan(slopes[0]) - jnp.arctan(slopes[1])


def section_area(surface: Surface) -> Scalar:
    """Area in square chords."""
    ahead = jnp.roll(surface, -1, axis=0)
    return 0.5 * jnp.sum(surface[:, 0] * ahead[:, 1] - surface[:, 1] * ahead[:, 0])


def leading_edge_radius(surface: Surface, layout: SectionLayout) -> Scalar:
    r"""Radius of the nose in chords: the limit of $h^2 / 2x$ for the half thickness $h(x)$.

    The quotient changes with $\sqrt x$, so two stations near the tip give its value there.
    """
    upper, lower = layout.sides(surface)
    x = layout.stations[list(_NOSE)]
    half = 0.5 * (upper - lower)[jnp.asarray(_NOSE)]
    near, far = half**2 / (2 * jnp.asarray(x, surface.dtype))
    ratio = float(np.sqrt(x[0]) / (np.sqrt(x[1]) - np.sqrt(x[0])))
    return near + ratio * (near - far)
