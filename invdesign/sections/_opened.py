"""Trailing edges that are too thin for a grid, opened."""

import jax.numpy as jnp

from .._types import Array, Float
from ._layout import SectionLayout
from ._measures import trailing_edge_thickness

Surface = Float[Array, "point 2"]
# Of the base in chords. Measured with `OGrid` and OpenFOAM on NACA 0012, 2412 and 6409: at half of
# it the cells around the base are up to 20 degrees more askew, and below a fifth some are inverted;
# from here to a third of it, drag falls by 0.3% and lift by up to 0.004.
LEAST_BASE = 1e-3
_ROUNDING = 1e-3


def open_base(
    surface: Surface, layout: SectionLayout, least: float = LEAST_BASE
) -> tuple[Surface, list[str]]:
    """The surface with a blunt base of at least `least` chords (host side).

    What is missing is added in proportion to the position along the chord, half to each side:
    the camber line and the nose stay. A base that is thick enough stays as it is.

    **Returns:** the surface, and a note on what was added, if anything was.
    """
    added = least - float(trailing_edge_thickness(surface, layout))
    if added <= _ROUNDING * least:
        return surface, []
    upper, lower = layout.sides(surface)
    half = jnp.asarray(0.5 * added * layout.stations, surface.dtype)
    note = (
        f"the trailing edge is too thin for a grid; its base was opened by {added:.1e} chords to "
        f"{least:g}, in proportion to the position along the chord, half on each side"
    )
    return layout.surface(upper + half, lower - half), [note]
