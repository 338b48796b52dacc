import numpy as np
import pytest
from matplotlib.colors import to_rgba

from invdesign import viz
from invdesign.io._outline import tool_outline
from invdesign.viz._goals import inside
from invdesign.viz._scene import scenery_of
from invdesign.viz._style import (
    GOAL_FILL,
    INK,
    PAPER,
    SURFACE,
    SURFACE_OUTSIDE,
    WATER,
    WATER_OUTSIDE,
)

SIDE = 500
REGION = np.array([[0.5, 0.5], [0.9, 0.9]])
BAR = (np.array([[[0.1, 0.2], [0.4, 0.2]]]), np.array([0.02]))


def axes_of(scenery, **options):
    """A scene drawn so that one meter is 500 pixels, without frame or title."""
    figure = viz.new_figure(5, 5)
    axes = figure.add_axes((0, 0, 1, 1))
    water = viz.draw_scene(axes, scenery, **options)
    return figure, water


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


def test_particles_are_dots_on_a_surface_and_both_can_be_moved():
    block = np.stack(np.meshgrid(*[0.3 + 0.1 * np.arange(3)] * 2), -1).reshape(-1, 2)
    figure, water = axes_of(viz.Scenery(spacing=0.1), position=block)
    image = pixels(figure)
    dots = (image == rgb(WATER)).all(-1)
    diameter = 2 * np.sqrt(dots.sum() / len(block) / np.pi) / SIDE
    assert 0.045 < diameter < 0.065
    assert color(image, 0.35, 0.35) == color(image, 0.27, 0.4) == rgb(SURFACE)
    area = ((image == rgb(SURFACE)).all(-1) | dots).sum() / SIDE**2
    assert area == pytest.approx(len(block) * 0.1**2, rel=0.2)  # what the water takes up at rest
    water.move(block + 0.4)
    image = pixels(figure)
    assert color(image, 0.35, 0.35) == rgb(PAPER)
    assert color(image, 0.8, 0.8) == rgb(WATER) and color(image, 0.75, 0.75) == rgb(SURFACE)


def test_a_drop_alone_has_no_surface():
    image = pixels(axes_of(viz.Scenery(spacing=0.1), position=np.array([[0.5, 0.5]]))[0])
    assert color(image, 0.5, 0.5) == rgb(WATER)
    assert not (image == rgb(SURFACE)).all(-1).any()


def test_the_surface_is_stronger_in_the_goal_and_ends_at_the_walls():
    block = np.stack(np.meshgrid(0.025 + 0.05 * np.arange(20), 0.5 + 0.05 * np.arange(4)), -1)
    scenery = viz.Scenery(region=REGION, spacing=0.05)
    image = pixels(axes_of(scenery, position=block.reshape(-1, 2))[0])
    assert color(image, 0.65, 0.575) == rgb(SURFACE)
    assert color(image, 0.25, 0.575) == color(image, 0.004, 0.575) == rgb(SURFACE_OUTSIDE)


def test_the_goal_is_drawn_under_the_tool():
    across = (np.array([[[0.4, 0.5], [0.95, 0.5]]]), np.array([0.02]))  # over its lower edge
    image = pixels(axes_of(viz.Scenery(region=REGION), tool=across)[0])
    row = image[round(0.5 * SIDE), round(0.45 * SIDE) : round(0.9 * SIDE)]
    assert (row == rgb(INK)).all()


@pytest.mark.parametrize(("side", "said"), [(1.0, "20 cm"), (0.25, "5 cm"), (30.0, "5 m")])
def test_a_bar_and_a_clock_say_how_large_and_how_late(side, said):
    figure = viz.new_figure(3, 3)
    axes = figure.add_subplot()
    viz.draw_scene(axes, viz.Scenery(upper=np.array([side, side])), time=1.5, note="half of it")
    assert [text.get_text() for text in axes.texts] == [said]
    length = np.ptp(axes.lines[0].get_xdata()) * side
    assert f"{length:g} m" == said or f"{100 * length:g} cm" == said
    assert axes.get_xlabel() == "half of it  ·  1.50 s"
    bare = figure.add_subplot()
    viz.draw_scene(bare, viz.Scenery(), bar=False)
    assert not bare.texts and bare.get_xlabel() == ""


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
