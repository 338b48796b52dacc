"""The outline of a tool made of capsules."""

import jax
import numpy as np
import shapely
from shapely.geometry import LineString, MultiPolygon, Point, Polygon
from shapely.geometry.polygon import orient
from shapely.ops import unary_union

# A quarter circle of 32 chords: off by 5 micrometers at a radius of 15 millimeters.
_QUARTER = 32
Array = np.ndarray | jax.Array


def _capsule(ends: np.ndarray, radius: float) -> Polygon:
    center = Point(ends[0]) if np.array_equal(ends[0], ends[1]) else LineString(ends)
    return center.buffer(radius, quad_segs=_QUARTER)


def tool_outline(segments: Array, segment_radius: Array) -> MultiPolygon:
    """The union of capsules, i.e. of all points within `radius` of their segment.

    Round caps are polygons of 128 corners a circle, which lie on the circle.

    **Arguments:**

    - `segments`: end points of the center lines, `(segment, 2, 2)`, any unit of length.
    - `segment_radius`: half thickness, `(segment,)`, positive, of the same unit.

    **Returns:** one polygon for each part that hangs together, holes included.

    **Raises:** `ValueError` if the tool is not plane, is empty, or a number is not finite or a
    radius not positive.
    """
    segments = np.asarray(segments, dtype=float)
    radius = np.asarray(segment_radius, dtype=float)
    if segments.ndim != 3 or segments.shape[1:] != (2, 2) or radius.shape != segments.shape[:1]:
        raise ValueError(
            "An outline needs plane segments (segment, 2, 2) and their half thickness (segment,), "
            f"got {segments.shape} and {radius.shape}."
        )
    finite = np.isfinite(segments).all() and np.isfinite(radius).all()
    if not (segments.size and finite and (radius > 0).all()):
        raise ValueError(
            "An outline needs at least one segment, finite ends and a finite, positive half "
            "thickness."
        )
    parts = [_capsule(ends, float(r)) for ends, r in zip(segments, radius, strict=True)]
    union = shapely.normalize(unary_union(parts))
    return MultiPolygon(list(shapely.get_parts(union)))


def rings(outline: MultiPolygon) -> list[np.ndarray]:
    """Every closed curve of an outline without its repeated last corner, `(corner, 2)` each.

    Outer curves run counter-clockwise, holes clockwise.
    """
    polygons = [orient(part) for part in outline.geoms]
    curves = [curve for p in polygons for curve in (p.exterior, *p.interiors)]
    return [np.asarray(curve.coords)[:-1] for curve in curves]
