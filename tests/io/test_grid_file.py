"""Grids as files of other programs: cells, fields and groups as meshio reads them back."""

import jax.numpy as jnp
import meshio
import numpy as np
import pytest
import shapely

from invdesign.grids import OGrid
from invdesign.grids._measures import cell_centers
from invdesign.io import write_grid
from invdesign.sections import SectionLayout, naca4

LAYERS = 6


@pytest.fixture(scope="module")
def nodes():
    surface = SectionLayout(num_side=22, num_base=3).fit(naca4("2412"))
    return np.asarray(OGrid(LAYERS, 0.02, 1.0)(surface), np.float64)


def area(points):
    x, y = np.moveaxis(points, -1, 0)
    return 0.5 * np.sum(x * np.roll(y, -1, -1) - y * np.roll(x, -1, -1), axis=-1)


@pytest.mark.parametrize("suffix", [".vtu", ".su2", ".msh"])
def test_cells_fill_what_is_between_surface_and_far_field(nodes, suffix, tmp_path):
    mesh = meshio.read(write_grid(tmp_path / f"grid{suffix}", nodes))
    corners = mesh.points[mesh.cells_dict["quad"]][..., :2]
    assert (area(corners) > 0).all()  # counterclockwise
    assert area(corners).sum() == pytest.approx(area(nodes[-1]) - area(nodes[0]), rel=1e-12)
    np.testing.assert_array_equal(mesh.points[:, 2:], 0)


def test_cells_are_in_the_order_of_the_fields(nodes, tmp_path):
    centers = np.asarray(cell_centers(jnp.asarray(nodes, jnp.float32)))
    linear = 2 * centers[..., 0] - 3 * centers[..., 1] + 1
    path = write_grid(tmp_path / "grid.VTU", nodes, where=centers, linear=linear)
    mesh = meshio.read(path.rename(tmp_path / "grid.vtu"))
    assert mesh.cell_data.keys() == {"where", "linear"}
    (where,), (values,) = mesh.cell_data["where"], mesh.cell_data["linear"]
    assert where.shape == (centers.size // 2, 3) and not where[:, 2].any()
    corners = mesh.points[mesh.cells_dict["quad"]][..., :2]
    expected = shapely.get_coordinates(shapely.centroid(shapely.polygons(corners)))
    np.testing.assert_allclose(where[:, :2], expected, rtol=1e-5, atol=1e-5)
    np.testing.assert_allclose(values, expected @ [2, -3] + 1, rtol=1e-5, atol=3e-5)


def outline(mesh, name):
    """Where the edges of a group of Gmsh begin."""
    group, _ = mesh.field_data[name]
    edges = mesh.cells_dict["line"][mesh.cell_data_dict["gmsh:physical"]["line"] == group]
    return mesh.points[edges[:, 0], :2]


def test_gmsh_knows_surface_and_far_field(nodes, tmp_path):
    mesh = meshio.read(write_grid(tmp_path / "grid.msh", nodes))
    np.testing.assert_array_equal(outline(mesh, "wing"), nodes[0])
    np.testing.assert_array_equal(outline(mesh, "far"), nodes[-1])
    assert mesh.field_data["fluid"][1] == 2


def test_su2_knows_surface_and_far_field(nodes, tmp_path):
    text = write_grid(tmp_path / "grid.su2", nodes).read_text()
    num = nodes.shape[1]
    for name, ring in (("wing", 0), ("far", LAYERS)):
        _, rest = text.split(f"MARKER_TAG= {name}\nMARKER_ELEMS= {num}\n")
        rows = [row.split() for row in rest.splitlines()[:num]]
        ends = np.array(rows, int)
        np.testing.assert_array_equal(ends[:, 0], 3)
        first = ring * num + np.arange(num)
        np.testing.assert_array_equal(ends[:, 1:], np.stack([first, np.roll(first, -1)], axis=1))


@pytest.mark.parametrize(
    ("name", "change", "fields", "words"),
    [
        ("grid.stl", lambda nodes: nodes, {}, r"grid\.stl`: a grid's file ends in \.vtu"),
        ("grid", lambda nodes: nodes, {}, "a grid's file ends in"),
        ("grid.su2", lambda nodes: nodes, {"p": (LAYERS, 48)}, r"only \.vtu has a place .* got p"),
        ("grid.vtu", lambda nodes: nodes[0], {}, r"\(ring, point, 2\)"),
        ("grid.vtu", lambda nodes: nodes * np.nan, {}, "finite"),
        ("grid.vtu", lambda nodes: nodes[::-1], {}, "inverted"),
        ("grid.vtu", lambda nodes: nodes, {"p": (LAYERS + 1, 48)}, r"6 x 48 cells, the field `p`"),
        ("nowhere/grid.vtu", lambda nodes: nodes, {}, r"grid\.vtu` cannot be written"),
    ],
)
def test_refusals_leave_nothing(nodes, name, change, fields, words, tmp_path):
    zeros = {field: np.zeros(shape) for field, shape in fields.items()}
    with pytest.raises(ValueError, match=words):
        write_grid(tmp_path / name, change(nodes), **zeros)
    assert not list(tmp_path.iterdir())


def test_a_failure_keeps_the_old_file_and_leaves_nothing_else(nodes, tmp_path, monkeypatch):
    path = write_grid(tmp_path / "grid.vtu", nodes)
    old = path.read_bytes()

    def half(target, *_, **__):
        target.write_bytes(old[:100])
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(meshio, "write", half)
    with pytest.raises(ValueError, match=r"grid\.vtu` cannot be written \(No space left"):
        write_grid(path, nodes)
    assert path.read_bytes() == old
    assert [entry.name for entry in tmp_path.iterdir()] == ["grid.vtu"]
