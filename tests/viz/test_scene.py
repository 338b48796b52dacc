import numpy as np
import pytest
from matplotlib.colors import to_rgba

from invdesign import viz
from invdesign.io._outline import tool_outline
from invdesign.viz._scene import inside, scenery_of
from invdesign.viz._style import GOAL_FILL, INK, PAPER, WATER, WATER_OUTSIDE

SIDE = 500
REGION = np.array([[0.5, 0.5], [0.9, 0.9]])
BAR = (np.array([[[0.1, 0.2], [0.4, 0.2]]]), np.array([0.02]))


def axes_of(scenery, **options):
    """A scene drawn so that one meter is 500 pixels, without frame or title."""
    figure = viz.new_figure(5, 5)
    axes = figure.add_axes((0, 0, 1, 1))
    discs = viz.draw_scene(axes, scenery, **options)
    return figure, discs


def pixels(figure):
    figure.set_dpi(100)
    figure.canvas.draw()
    return np.asarray(figure.canvas.buffer_rgba())[::-1, :, :3]


def color(image, x, y):
    return tuple(int(v) for v in image[round(y * SIDE), round(x * SIDE)])


def rgb(name):
    return tuple(round(255 * v) for v in to_rgba(name)[:3])


def test_everything_is_where_it_is_said_to_be():
    position = np.array([[0.7, 0.7], [0.2, 0.7]])
    scenery = viz.Scenery(region=REGION, spacing=0.05)
    image = pixels(axes_of(scenery, position=position, tool=BAR)[0])
    assert color(image, 0.7, 0.7) == rgb(WATER)
    assert color(image, 0.2, 0.7) == rgb(WATER_OUTSIDE)
    assert color(image, 0.6, 0.6) == rgb(GOAL_FILL)
    assert color(image, 0.25, 0.2) == rgb(INK)
    assert color(image, 0.95, 0.3) == rgb(PAPER)


def test_a_tool_has_its_true_thickness_and_round_caps():
    image = pixels(axes_of(viz.Scenery(), tool=BAR)[0])
    area = (image == rgb(INK)).all(-1).sum() / SIDE**2
    assert area == pytest.approx(tool_outline(*BAR).area, rel=0.05)
    assert color(image, 0.085, 0.2) == rgb(INK)
    assert color(image, 0.085, 0.217) == rgb(PAPER)


def test_a_ghost_is_only_an_outline():
    image = pixels(axes_of(viz.Scenery(), ghost=BAR)[0])
    assert color(image, 0.25, 0.2) == rgb(PAPER)
    assert (image != 255).any()


def test_a_hole_stays_open():
    corners = np.array([[0.3, 0.3], [0.6, 0.3], [0.6, 0.6], [0.3, 0.6]])
    frame = (np.stack([corners, np.roll(corners, -1, axis=0)], axis=1), np.full(4, 0.02))
    image = pixels(axes_of(viz.Scenery(), tool=frame)[0])
    assert color(image, 0.45, 0.45) == rgb(PAPER)
    assert color(image, 0.45, 0.3) == rgb(INK)


def test_discs_are_about_as_wide_as_the_spacing_and_can_be_moved():
    figure, discs = axes_of(viz.Scenery(spacing=0.1), position=np.array([[0.5, 0.5]]))
    blue = (pixels(figure) == rgb(WATER)).all(-1)
    diameter = 2 * np.sqrt(blue.sum() / np.pi) / SIDE
    assert 0.1 < diameter < 0.13
    discs.set_offsets([[0.2, 0.2]])
    assert color(pixels(figure), 0.2, 0.2) == rgb(WATER)


def test_inside():
    position = np.array([[0.7, 0.7], [0.5, 0.9], [0.7, 0.95], [0.1, 0.7]])
    np.testing.assert_array_equal(inside(position, REGION), [True, True, False, False])
    assert inside(position, None).all()
    two = np.concatenate([REGION, [[0.0, 0.6], [0.2, 0.8]]])
    np.testing.assert_array_equal(inside(position, two), [True, True, False, True])


def test_scenery_of_a_trajectory(trajectory):
    scenery = scenery_of(trajectory)
    np.testing.assert_array_equal(scenery.region, trajectory.region)
    assert scenery.spacing == trajectory.spacing
