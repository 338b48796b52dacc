"""Body-fitted grids around sections, grown from the surface outwards."""

from ._hyperbolic import OGrid as OGrid
from ._measures import (
    bad_cells as bad_cells,
    cell_areas as cell_areas,
    cell_centers as cell_centers,
    grid_fault as grid_fault,
    non_orthogonality as non_orthogonality,
    smallest_cell as smallest_cell,
    wall_normals as wall_normals,
)
