"""A landscape as files that other programs and printers read."""

import io
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import trimesh
from trimesh.exchange.obj import export_obj
from trimesh.exchange.stl import export_stl

from ._atomic import write_bytes, write_text

_MM = 1000.0
_EPOCH = (1980, 1, 1, 0, 0, 0)
_TYPES = (
    '<?xml version="1.0" encoding="UTF-8"?>\n<Types '
    'xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
    '<Default Extension="rels" '
    'ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    '<Default Extension="model" '
    'ContentType="application/vnd.ms-package.3dmanufacturing-3dmodel+xml"/></Types>'
)
_RELATIONS = (
    '<?xml version="1.0" encoding="UTF-8"?>\n<Relationships '
    'xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
    '<Relationship Target="/3D/3dmodel.model" Id="model" '
    'Type="http://schemas.microsoft.com/3dmanufacturing/2013/01/3dmodel"/></Relationships>'
)


def export_landscape(
    directory: str | Path, heights: Any, lower: Any, upper: Any, *, base: float = 0.02
) -> list[Path]:
    """Write a landscape as a closed solid and as a table.

    `landscape.stl`, `landscape.obj` and `landscape.3mf` are in millimeters, z upwards as printers
    have it: a task's (x, y, z) is (x, -z, y) there. The solid reaches from the surface, in two
    triangles a cell as the simulators have them, to a flat base. `heights.csv` and `heights.npy`
    are the heights in meters as they are, a row for each node along x.

    **Arguments:**

    - `directory`: where to; it must exist.
    - `heights`: in meters, `(x, z)`, at least 2 by 2.
    - `lower`, `upper`: corners of the rectangle in meters, `(2,)`: x and z.
    - `base`: thickness of the solid below the lowest node in meters, above 0.

    **Raises:** `ValueError` for other heights or no base, or if a file cannot be written.
    """
    heights = np.asarray(heights, float)
    if heights.ndim != 2 or min(heights.shape) < 2 or not np.isfinite(heights).all():
        raise ValueError(
            "`export_landscape` needs finite heights of at least 2 by 2 nodes, got shape "
            f"{heights.shape}."
        )
    if not base > 0:
        raise ValueError(f"`export_landscape` needs a base above 0 meters, got {base}.")
    directory, mesh = Path(directory), landscape_solid(heights, lower, upper, base)
    head = "invdesign landscape, unit millimeter"
    rows = "\n".join(",".join(f"{height:.9g}" for height in row) for row in heights)
    table = io.BytesIO()
    np.save(table, heights)
    return [
        write_bytes(directory / "landscape.stl", head.encode().ljust(80) + export_stl(mesh)[80:]),
        write_text(
            directory / "landscape.obj", export_obj(mesh, include_normals=False, header=head)
        ),
        write_bytes(directory / "landscape.3mf", _package(mesh)),
        write_text(directory / "heights.csv", rows + "\n"),
        write_bytes(directory / "heights.npy", table.getvalue()),
    ]


def landscape_solid(heights: np.ndarray, lower: Any, upper: Any, base: float) -> trimesh.Trimesh:
    """The closed solid under a landscape in millimeters, z upwards.

    **Raises:** `ValueError` if it does not close.
    """
    lines = [np.linspace(*ends) for ends in zip(lower, upper, heights.shape, strict=True)]
    x, z = np.meshgrid(*lines, indexing="ij")
    top = np.stack([x, -z, heights], axis=-1).reshape(-1, 3)
    bottom = np.concatenate([top[:, :2], np.full((len(top), 1), heights.min() - base)], axis=1)
    index = np.arange(len(top)).reshape(heights.shape)
    a, b, c, d = (each.ravel() for each in (index[:-1, :-1], index[1:, :-1], index[1:, 1:],
                                            index[:-1, 1:]))  # fmt: skip
    even = np.add.outer(*(np.arange(n - 1) for n in heights.shape)).ravel() % 2 == 0
    halves = np.where(
        even[:, None, None],
        np.stack([np.stack([a, c, b], 1), np.stack([a, d, c], 1)], 1),
        np.stack([np.stack([a, d, b], 1), np.stack([b, d, c], 1)], 1),
    ).reshape(-1, 3)
    rim = np.concatenate([index[:-1, 0], index[-1, :-1], index[:0:-1, -1], index[0, :0:-1]])
    after, below = np.roll(rim, -1), len(top)
    walls = np.concatenate(
        [np.stack([rim, after, after + below], 1), np.stack([rim, after + below, rim + below], 1)]
    )
    faces = np.concatenate([halves, halves[:, ::-1] + below, walls])
    mesh = trimesh.Trimesh(_MM * np.concatenate([top, bottom]), faces, process=False)
    mesh.fix_normals()
    if not (mesh.is_watertight and mesh.volume > 0):
        raise ValueError("The landscape cannot be made into a closed solid.")
    return mesh


def _package(mesh: trimesh.Trimesh) -> bytes:
    """A 3MF file: the core of the format alone, with fixed dates, so that it hangs on the mesh."""
    vertices = "".join(f'<vertex x="{x:.6g}" y="{y:.6g}" z="{z:.6g}"/>' for x, y, z in
                       mesh.vertices)  # fmt: skip
    faces = "".join(f'<triangle v1="{a}" v2="{b}" v3="{c}"/>' for a, b, c in mesh.faces)
    model = (
        '<?xml version="1.0" encoding="UTF-8"?>\n<model unit="millimeter" '
        'xmlns="http://schemas.microsoft.com/3dmanufacturing/core/2015/02"><resources>'
        f'<object id="1" type="model"><mesh><vertices>{vertices}</vertices>'
        f"<triangles>{faces}</triangles></mesh></object></resources>"
        '<build><item objectid="1"/></build></model>'
    )
    buffer = io.BytesIO()
    parts = {"[Content_Types].xml": _TYPES, "_rels/.rels": _RELATIONS, "3D/3dmodel.model": model}
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as package:
        for name, text in parts.items():
            information = zipfile.ZipInfo(name, _EPOCH)
            information.compress_type = zipfile.ZIP_DEFLATED
            package.writestr(information, text)
    return buffer.getvalue()
