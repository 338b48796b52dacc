"""A section as files that airfoil programs and printers read."""

from pathlib import Path
from typing import Any

import numpy as np
from shapely.geometry import MultiPolygon, Polygon

from ._export import write_solid
from ._section_file import SAME, write_section, written_points

_MM = 1000.0


def export_section(
    directory: str | Path, surface: Any, *, name: str, chord: float = 1.0, span: float = 0.2
) -> tuple[Path, Path, Path]:
    """Write `airfoil.dat`, coordinates in Selig's order, `airfoil.stl` and `airfoil.obj`.

    Coordinates are over the chord, from the upper trailing edge round to the lower one; the base
    is left open in the first and closed in the others. The solid is the section extruded along z,
    in millimeters, its chord along x.

    **Arguments:**

    - `directory`: where to; it must exist.
    - `surface`: of any layout, or another outline, in chords, `(point, 2)`.
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
    points = written_points(surface)
    coordinates = write_section(directory / "airfoil.dat", points, name=name)
    # A thinner base is an edge, of which a solid has one point.
    sharp = bool(np.linalg.norm(points[0] - points[-1]) <= SAME * np.ptp(points[:, 0]))
    outline = MultiPolygon([Polygon(points[: len(points) - sharp] * chord * _MM)])
    return coordinates, *write_solid(directory / "airfoil.stl", outline, span * _MM, "section")
