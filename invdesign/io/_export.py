"""A tool as files that a laser cutter, a mill or a printer reads, in millimeters."""

import contextlib
import io
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import trimesh
from shapely.geometry import MultiPolygon
from trimesh.creation import extrude_polygon
from trimesh.exchange.obj import export_obj
from trimesh.exchange.stl import export_stl

from .._extras import import_late
from ._atomic import write_bytes, write_text
from ._outline import Array, rings, tool_outline

_MM = 1000.0


def _svg(outline: MultiPolygon) -> str:
    left, bottom, right, top = outline.bounds
    paths = [
        "M" + "L".join(f"{x - left:.4f} {top - y:.4f}" for x, y in curve) + "Z"
        for curve in rings(outline)
    ]
    width, height = right - left, top - bottom
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:.4f}mm" height="{height:.4f}mm" '
        f'viewBox="0 0 {width:.4f} {height:.4f}">\n'
        f'<path fill="#222" fill-rule="evenodd" d="{"".join(paths)}"/>\n</svg>\n'
    )


@contextlib.contextmanager
def _without_dates() -> Iterator[None]:
    """Drawings with a fixed date and fixed ids: the same tool gives the same file."""
    options = import_late("ezdxf").options
    before = options.write_fixed_meta_data_for_testing
    options.write_fixed_meta_data_for_testing = True
    try:
        yield
    finally:
        options.write_fixed_meta_data_for_testing = before


@_without_dates()
def _dxf(outline: MultiPolygon) -> str:
    ezdxf = import_late("ezdxf")
    drawing = ezdxf.new("R2010", units=ezdxf.units.MM)
    drawing.layers.add("TOOL")
    for curve in rings(outline):
        drawing.modelspace().add_lwpolyline(curve, close=True, dxfattribs={"layer": "TOOL"})
    text = io.StringIO()
    drawing.write(text)
    return text.getvalue()


def write_solid(path: Path, outline: MultiPolygon, depth: float, what: str) -> tuple[Path, Path]:
    """Write an outline extruded along z as a binary STL and as an OBJ; lengths in millimeters.

    **Arguments:** `path`: of the STL; the OBJ has the same stem.

    **Raises:** `ValueError` if the outline does not close, or a file cannot be written.
    """
    parts = [extrude_polygon(part, depth, engine="earcut") for part in outline.geoms]
    mesh = trimesh.util.concatenate(parts)
    if not (isinstance(mesh, trimesh.Trimesh) and mesh.is_watertight):
        raise ValueError(f"The {what}'s outline cannot be made into a closed solid.")
    # Neither format declares a unit; the head of the file is the only place to say it.
    head = f"invdesign {what}, unit millimeter"
    text = export_obj(mesh, include_normals=False, header=head)
    return (
        write_bytes(path, head.encode().ljust(80) + export_stl(mesh)[80:]),
        write_text(path.with_suffix(".obj"), text),
    )


def export_tool(
    directory: str | Path,
    segments: Array,
    segment_radius: Array,
    *,
    depth: float = 0.05,
) -> tuple[Path, Path, Path, Path]:
    """Write `tool.svg`, `tool.dxf`, `tool.stl`, `tool.obj`: the true outline, to cut or print.

    The outline is the union of the capsules, round caps included. All four are in millimeters and
    keep the y axis of the task upwards; the solid is the outline extruded along z. The SVG starts
    at the tool's own corner, the others at the box's.

    **Arguments:**

    - `directory`: where to; it must exist.
    - `segments`: end points of the center lines in meters, `(segment, 2, 2)`.
    - `segment_radius`: half thickness in meters, `(segment,)`.
    - `depth`: how far the outline is extruded, in meters, positive.

    **Returns:** the four paths.

    **Raises:** `ValueError` if the tool is not plane, a number is not finite or not positive, or
    a file cannot be written.
    """
    if not (np.isfinite(depth) and depth > 0):
        raise ValueError(f"`export_tool` needs a positive depth in meters, got {depth}.")
    directory = Path(directory)
    outline = tool_outline(np.asarray(segments) * _MM, np.asarray(segment_radius) * _MM)
    return (
        write_text(directory / "tool.svg", _svg(outline)),
        write_text(directory / "tool.dxf", _dxf(outline)),
        *write_solid(directory / "tool.stl", outline, depth * _MM, "tool"),
    )
