"""Body-fitted grids around sections, grown from the surface outwards."""

from ._hyperbolic import OGrid as OGrid
