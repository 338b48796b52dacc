import datetime
import math
import re
import time

import ezdxf
import ezdxf.document
import numpy as np
import pytest
import shapely
import trimesh

from invdesign import io
from invdesign.io._outline import rings, tool_outline
from invdesign.sections import naca4

# One capsule of 0.4 m between centers, a half thickness of 15 mm.
BAR = (np.array([[[0.3, 0.5], [0.7, 0.5]]]), np.array([0.015]))
BAR_AREA = 0.4 * 0.03 + math.pi * 0.015**2
CHAIN = (
    np.array([[[0.2, 0.5], [0.4, 0.4]], [[0.4, 0.4], [0.6, 0.4]], [[0.6, 0.4], [0.8, 0.5]]]),
    np.full(3, 0.015),
)
corners = np.array([[0.3, 0.3], [0.6, 0.3], [0.6, 0.6], [0.3, 0.6]])
FRAME = (np.stack([corners, np.roll(corners, -1, axis=0)], axis=1), np.full(4, 0.02))
ROTORS = (np.array([[[0.2, 0.2], [0.3, 0.2]], [[0.6, 0.7], [0.6, 0.8]]]), np.full(2, 0.01))
TOOLS = {"bar": BAR, "chain": CHAIN, "frame": FRAME, "rotors": ROTORS}


def test_area_of_one_capsule():
    outline = tool_outline(*BAR)
    # The polygon lies inside of the true caps, by less than a thousandth of their area.
    assert BAR_AREA - 1e-3 * math.pi * 0.015**2 < outline.area < BAR_AREA


def test_a_point_is_a_disc():
    outline = tool_outline(np.array([[[0.5, 0.5], [0.5, 0.5]]]), np.array([0.1]))
    assert outline.area == pytest.approx(math.pi * 0.01, rel=1e-3)


def test_the_outline_is_the_set_of_points_near_a_segment():
    segments, radius = CHAIN
    outline = tool_outline(segments, radius)
    points = np.random.default_rng(0).uniform(0, 1, (4000, 2))
    start, along = segments[:, 0], segments[:, 1] - segments[:, 0]
    offset = points[:, None] - start[None]
    share = np.clip((offset * along).sum(-1) / (along**2).sum(-1), 0, 1)
    distance = np.linalg.norm(offset - share[..., None] * along, axis=-1).min(-1)
    clear = np.abs(distance - radius[0]) > 1e-5
    inside = shapely.contains_xy(outline, points[:, 0], points[:, 1])
    np.testing.assert_array_equal(inside[clear], (distance < radius[0])[clear])


def test_parts_and_holes():
    assert len(tool_outline(*ROTORS).geoms) == 2
    assert [len(part.interiors) for part in tool_outline(*FRAME).geoms] == [1]
    outer, hole = rings(tool_outline(*FRAME))
    assert shapely.LinearRing(outer).is_ccw
    assert not shapely.LinearRing(hole).is_ccw


@pytest.mark.parametrize("name", TOOLS)
def test_files_hold_the_outline(tmp_path, name):
    outline = tool_outline(*TOOLS[name])
    paths = svg, dxf, stl, obj = io.export_tool(tmp_path, *TOOLS[name], depth=0.02)
    assert [path.name for path in paths] == ["tool.svg", "tool.dxf", "tool.stl", "tool.obj"]
    bounds = 1000 * np.reshape(outline.bounds, (2, 2))

    for solid in (stl, obj):
        mesh = trimesh.load_mesh(solid)
        assert mesh.is_watertight
        assert mesh.volume == pytest.approx(outline.area * 0.02 * 1e9, rel=1e-4)
        np.testing.assert_allclose(mesh.bounds[:, :2], bounds, atol=1e-3)
        np.testing.assert_allclose(mesh.bounds[:, 2], [0, 20], atol=1e-6)
    assert stl.read_bytes()[:80].decode().strip() == "invdesign tool, unit millimeter"
    assert obj.read_text().splitlines()[0] == "# invdesign tool, unit millimeter"

    drawing = ezdxf.readfile(dxf)
    curves = [np.array(line.get_points("xy")) for line in drawing.modelspace()]
    assert drawing.units == ezdxf.units.MM
    assert not drawing.audit().errors
    assert signed_area(curves) == pytest.approx(1e6 * outline.area, rel=1e-6)
    joined = np.concatenate(curves)
    np.testing.assert_allclose([joined.min(0), joined.max(0)], bounds, atol=1e-6)

    curves = svg_curves(svg.read_text())
    # The y axis of an SVG points down, so that the orientation of every curve is reversed.
    assert -signed_area(curves) == pytest.approx(1e6 * outline.area, rel=1e-4)
    np.testing.assert_allclose(np.concatenate(curves).min(0), 0, atol=1e-3)
    size = [float(v) for v in re.findall(r'(?:width|height)="([\d.]+)mm"', svg.read_text())]
    np.testing.assert_allclose(size, bounds[1] - bounds[0], atol=1e-3)


def test_files_hold_the_section(tmp_path):
    surface = naca4("2412")
    dat, stl, obj = io.export_section(tmp_path, surface, name="NACA 2412", chord=0.5, span=0.1)
    assert [path.name for path in (dat, stl, obj)] == ["airfoil.dat", "airfoil.stl", "airfoil.obj"]
    np.testing.assert_allclose(io.read_section(dat).outline, surface, atol=1e-7)
    for solid in (stl, obj):
        mesh = trimesh.load_mesh(solid)
        assert mesh.is_watertight
        area = shapely.Polygon(surface).area * 0.5**2
        assert mesh.volume == pytest.approx(area * 0.1 * 1e9, rel=1e-4)
        np.testing.assert_allclose(mesh.bounds[:, 2], [0, 100], atol=1e-6)
    assert stl.read_bytes()[:80].decode().strip() == "invdesign section, unit millimeter"
    assert obj.read_text().splitlines()[0] == "# invdesign section, unit millimeter"


def signed_area(curves):
    return sum(
        0.5 * np.sum(x * np.roll(y, -1) - y * np.roll(x, -1)) for x, y in (c.T for c in curves)
    )


def svg_curves(text):
    paths = re.search(r' d="([^"]+)"', text)
    return [
        np.array([[float(v) for v in pair.split()] for pair in path.split("L")])
        for path in re.findall(r"M([^MZ]+)Z", paths.group(1))
    ]


def test_a_valley_points_down_in_the_svg(tmp_path):
    svg, *_ = io.export_tool(tmp_path, *CHAIN)
    (curve,) = svg_curves(svg.read_text())
    lowest = curve[curve[:, 1].argmax()]
    # The middle segment lies at x from 0.4 to 0.6 m, the tool's own corner at 0.185 m.
    assert 214 < lowest[0] < 416
    assert lowest[1] == pytest.approx(130, abs=0.01)


@pytest.mark.parametrize(
    ("segments", "radius", "depth"),
    [
        (BAR[0], np.array([-0.1]), 0.05),
        (BAR[0] * np.nan, BAR[1], 0.05),
        (BAR[0], BAR[1] * np.inf, 0.05),
        (BAR[0], np.ones(2), 0.05),
        (np.zeros((1, 2, 3)), BAR[1], 0.05),
        (np.zeros((0, 2, 2)), np.zeros(0), 0.05),
        (*BAR, 0.0),
        (*BAR, math.nan),
    ],
)
def test_a_tool_that_cannot_be_made_is_refused(tmp_path, segments, radius, depth):
    with pytest.raises(ValueError, match="needs"):
        io.export_tool(tmp_path, segments, radius, depth=depth)
    assert not list(tmp_path.iterdir())


def test_a_tool_gives_the_same_files_at_any_time(tmp_path, monkeypatch):
    first = io.export_tool(make(tmp_path / "a"), *CHAIN)
    monkeypatch.setattr(time, "time", lambda: 1e9)
    monkeypatch.setattr(ezdxf.document, "datetime", Later)
    second = io.export_tool(make(tmp_path / "b"), *CHAIN)
    for one, two in zip(first, second, strict=True):
        assert one.read_bytes() == two.read_bytes()


def make(folder):
    folder.mkdir()
    return folder


class Later(datetime.datetime):
    """A clock that is years ahead."""

    @classmethod
    def now(cls, tz=None):
        return cls(2050, 1, 1, tzinfo=tz)
