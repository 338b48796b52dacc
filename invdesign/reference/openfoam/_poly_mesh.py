"""An O-grid as OpenFOAM's polyMesh: one cell deep, as plain text."""

from pathlib import Path

import numpy as np

from ._text import header, list_of

_Faces = np.ndarray  # (face, 4), points in the order that turns around the normal


def write_poly_mesh(nodes: np.ndarray, case: Path) -> None:
    """Write `constant/polyMesh` of a case.

    Cell `layer * point + i` lies between points `i` and `i + 1`. Patches: `wing` and `far`, a face
    for each point in order, and `sides`, on which nothing happens.

    **Arguments:** `nodes`: of the grid, `(ring, point, 2)`; the surface counterclockwise.
    """
    num_layers, num = nodes.shape[0] - 1, nodes.shape[1]
    flat = nodes.reshape(-1, 2)
    depth = [np.full((len(flat), 1), z) for z in (0.0, 1.0)]
    points = np.concatenate([np.concatenate([flat, z], axis=1) for z in depth])
    inner, owner, neighbor = _inner_faces(num_layers, num)
    i = np.arange(num)
    first, last = i, (num_layers - 1) * num + i
    wing = _upright(_at(0, i + 1, num), _at(0, i, num), len(flat))
    far = _upright(_at(num_layers, i, num), _at(num_layers, i + 1, num), len(flat))
    back, front = _lids(num_layers, num)
    cells = np.arange(num_layers * num)
    faces = np.concatenate([inner, wing, far, back, front])
    owners = np.concatenate([owner, first, last, cells, cells])
    folder = case / "constant" / "polyMesh"
    folder.mkdir(parents=True, exist_ok=True)
    texts = {
        "points": ("vectorField", list_of(points, "(%.12g %.12g %.12g)")),
        "faces": ("faceList", list_of(faces, "4(%d %d %d %d)")),
        "owner": ("labelList", list_of(owners, "%d")),
        "neighbour": ("labelList", list_of(neighbor, "%d")),
        "boundary": ("polyBoundaryMesh", _boundary(len(inner), num, len(cells))),
    }
    for name, (kind, text) in texts.items():
        (folder / name).write_text(header(kind, name) + text)


def _at(ring: int | np.ndarray, i: np.ndarray, num: int) -> np.ndarray:
    return ring * num + i % num


def _upright(start: np.ndarray, end: np.ndarray, lift: int) -> _Faces:
    """Faces over edges; their normals point to the right of the way from `start` to `end`."""
    return np.stack([start, end, end + lift, start + lift], axis=-1).reshape(-1, 4)


def _inner_faces(num_layers: int, num: int) -> tuple[_Faces, np.ndarray, np.ndarray]:
    """Faces between cells with their owners and neighbors, in the order OpenFOAM demands."""
    lift = (num_layers + 1) * num
    layer, i = np.meshgrid(np.arange(num_layers), np.arange(num), indexing="ij")
    here, before = _at(layer, i, num), _at(layer, i - 1, num)
    low, high = _at(layer, i, num), _at(layer + 1, i, num)
    # The ray to the right of its outward way has the cell before it; the first cell owns both.
    wraps = i == 0
    rays = _upright(np.where(wraps, low, high), np.where(wraps, high, low), lift)
    ring, j = np.meshgrid(np.arange(1, num_layers), np.arange(num), indexing="ij")
    rings = _upright(_at(ring, j, num), _at(ring, j + 1, num), lift)
    faces = np.concatenate([rays, rings])
    owner = np.concatenate([np.minimum(here, before).ravel(), _at(ring - 1, j, num).ravel()])
    neighbor = np.concatenate([np.maximum(here, before).ravel(), _at(ring, j, num).ravel()])
    order = np.lexsort((neighbor, owner))
    return faces[order], owner[order], neighbor[order]


def _lids(num_layers: int, num: int) -> tuple[_Faces, _Faces]:
    """Faces of all cells at the back and at the front."""
    layer, i = np.meshgrid(np.arange(num_layers), np.arange(num), indexing="ij")
    corners = [(layer, i), (layer, i + 1), (layer + 1, i + 1), (layer + 1, i)]
    back = np.stack([_at(ring, j, num) for ring, j in corners], axis=-1).reshape(-1, 4)
    return back, back[:, ::-1] + (num_layers + 1) * num


def _boundary(start: int, num: int, num_cells: int) -> str:
    return f"""3
(
    wing {{ type wall; nFaces {num}; startFace {start}; }}
    far {{ type patch; nFaces {num}; startFace {start + num}; }}
    sides {{ type empty; nFaces {2 * num_cells}; startFace {start + 2 * num}; }}
)
"""
