"""A section as files that airfoil programs and printers read."""

from pathlib import Path
from typing import Any

import numpy as np
from shapely.geometry import MultiPolygon, Polygon

from ._export import write_solid
from ._section_file import write_section

_MM = 1000.0


def export_section(
    directory: str | Path, surface: Any, *, name: str, chord: float = 1.0, span: float = 0.2
) -> tuple[Path, Path, Path]:
    """Write `airfoil.dat`, coordinates in Selig's order, `airfoil.stl` and `airfoil.obj`.

    Coordinates are over the chord. The solid is the section extruded along z, in millimeters, its
    chord along x.

    **Arguments:**

    - `directory`: where to; it must exist.
    - `surface`: counterclockwise from the upper trailing edge, in chords, `(point, 2)`.
    - `name`: first line of the coordinates.
    - `chord`, `span`: of the solid in meters, above 0.

    **Returns:** the three paths.

    **Raises:** `ValueError` if it is no section, a length is not above 0, or a file cannot be
    written.
    """
    if not (chord > 0 and span > 0):
        raise ValueError(
            f"`export_section` needs chord and span above 0, got {chord:g} and {span:g}."
        )
    directory = Path(directory)
    points = np.asarray(surface, float)
    coordinates = write_section(directory / "airfoil.dat", points, name=name)
    outline = MultiPolygon([Polygon(points * chord * _MM)])
    return coordinates, *write_solid(directory / "airfoil.stl", outline, span * _MM, "section")
