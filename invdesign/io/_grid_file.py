"""O-grids as files that ParaView, SU2 and Gmsh read."""

from pathlib import Path
from typing import Any

import meshio
import numpy as np

from ..grids._measures import grid_fault
from ._atomic import whole

Columns = dict[str, np.ndarray]
_WING, _FAR, _FLUID = 1, 2, 3  # groups of edges and of cells in Gmsh


def write_grid(path: str | Path, nodes: Any, **fields: Any) -> Path:
    """Write an O-grid's cells, and fields on them, in the format that the suffix names.

    - `.vtu` (ParaView) has the cells and the fields; vectors get a third component, 0.
    - `.su2` has the cells and the markers `wing` and `far`.
    - `.msh` (Gmsh 2.2, plain text) has the cells and the groups `wing`, `far` and `fluid`.

    Cells are counterclockwise. Cell `layer * point + i` lies between points `i` and `i + 1`, as in
    the reference solver.

    **Arguments:**

    - `nodes`: of the grid, the surface counterclockwise, `(ring, point, 2)`.
    - `fields`: of the cells, by name, `(layer, point)` or `(layer, point, 2)`; for `.vtu` alone.

    **Raises:** `ValueError` if the suffix is another, its format has no place for fields, a shape
    does not fit, a node is not finite, a cell is inverted, or the file cannot be written.
    """
    path = check_grid_path(path)
    suffix = path.suffix.lower()
    if fields and suffix != ".vtu":
        raise ValueError(f"`{path}`: only .vtu has a place for fields, got {', '.join(fields)}.")
    points = _checked(nodes)
    columns = {name: _column(name, values, points.shape) for name, values in fields.items()}
    with whole(path) as temporary:
        _WRITERS[suffix](temporary, points, columns)
    return path


def check_grid_path(path: str | Path) -> Path:
    """A path that `write_grid` can write to, by its suffix.

    **Raises:** `ValueError` if the suffix is another.
    """
    path = Path(path)
    if path.suffix.lower() not in _WRITERS:
        raise ValueError(f"`{path}`: a grid's file ends in {', '.join(_WRITERS)}.")
    return path


def _checked(nodes: Any) -> np.ndarray:
    points = np.asarray(nodes, float)
    if points.ndim != 3 or points.shape[0] < 2 or points.shape[1] < 3 or points.shape[2] != 2:
        raise ValueError(
            "`write_grid` needs nodes of the shape (ring, point, 2), at least two rings of three "
            f"points, got {points.shape}."
        )
    if not np.isfinite(points).all():
        raise ValueError("`write_grid` needs finite nodes.")
    if (fault := grid_fault(points)) is not None:
        raise ValueError(f"The grid was not written: {fault}")
    return points


def _column(name: str, values: Any, shape: tuple[int, ...]) -> np.ndarray:
    """A field as a number or a vector of three a cell."""
    field, cells = np.asarray(values, float), (shape[0] - 1, shape[1])
    if field.shape == cells:
        return field.reshape(-1)
    if field.shape != (*cells, 2):
        raise ValueError(
            f"`write_grid`: the grid has {cells[0]} x {cells[1]} cells, the field `{name}` the "
            f"shape {field.shape}."
        )
    return _lifted(field)


def _lifted(vectors: np.ndarray) -> np.ndarray:
    """Plane vectors as rows of three components."""
    return np.pad(vectors.reshape(-1, 2), ((0, 0), (0, 1)))


def _quads(points: np.ndarray) -> np.ndarray:
    """The nodes of each cell, `(cell, 4)`."""
    at = np.arange(points.shape[0] * points.shape[1]).reshape(points.shape[:2])
    ahead = np.roll(at, -1, axis=1)
    return np.stack([at[:-1], at[1:], ahead[1:], ahead[:-1]], axis=-1).reshape(-1, 4)


def _edges(points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The nodes of the edges of the surface and of the far field, `(edge, 2)` each."""
    num_rings, num, _ = points.shape
    edges = np.stack([np.arange(num), (np.arange(num) + 1) % num], axis=-1)
    return edges, edges + (num_rings - 1) * num


def _write_vtu(path: Path, points: np.ndarray, columns: Columns) -> None:
    data: Any = {name: [column] for name, column in columns.items()}
    mesh = meshio.Mesh(_lifted(points), [("quad", _quads(points))], cell_data=data)
    meshio.write(path, mesh, file_format="vtu")


def _write_msh(path: Path, points: np.ndarray, columns: Columns) -> None:
    wing, far = _edges(points)
    cells: Any = [("line", wing), ("line", far), ("quad", _quads(points))]
    groups = [
        np.full(len(rows), group)
        for (_, rows), group in zip(cells, (_WING, _FAR, _FLUID), strict=True)
    ]
    tags: Any = {"gmsh:physical": groups, "gmsh:geometrical": groups}
    names: Any = {"wing": [_WING, 1], "far": [_FAR, 1], "fluid": [_FLUID, 2]}
    mesh = meshio.Mesh(_lifted(points), cells, cell_data=tags, field_data=names)
    # The version, and the plain text, that most programs read.
    meshio.write(path, mesh, file_format="gmsh22", binary=False)


def _write_su2(path: Path, points: np.ndarray, columns: Columns) -> None:
    """By hand: meshio 5.3 fails on meshes with markers, and knows no names of markers."""
    quads, (wing, far) = _quads(points), _edges(points)
    lines = ["NDIME= 2", f"NELEM= {len(quads)}", *_rows(quads, 9)]
    flat = points.reshape(-1, 2)
    lines += [f"NPOIN= {len(flat)}", *(f"{x:.16e} {y:.16e}" for x, y in flat), "NMARK= 2"]
    for name, edges in (("wing", wing), ("far", far)):
        lines += [f"MARKER_TAG= {name}", f"MARKER_ELEMS= {len(edges)}", *_rows(edges, 3)]
    path.write_text("\n".join(lines) + "\n")


def _rows(cells: np.ndarray, kind: int) -> list[str]:
    """Cells as lines; SU2 numbers their kinds as VTK does."""
    return [" ".join(map(str, [kind, *row])) for row in cells.tolist()]


_WRITERS = {".vtu": _write_vtu, ".su2": _write_su2, ".msh": _write_msh}
