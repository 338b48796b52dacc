import io

import numpy as np
import pytest
from PIL import Image

from invdesign import viz
from invdesign.families.water._render import run_animation
from invdesign.viz._animation import even_frames

SCENERY = viz.Scenery(region=np.array([[0.4, 0.3], [0.6, 0.5]]))


def opened(data):
    return Image.open(io.BytesIO(data))


def durations(gif):
    times = []
    for index in range(gif.n_frames):
        gif.seek(index)
        times.append(gif.info["duration"])
    return times


def test_two_panels_of_a_hundred_frames_stay_small(trajectory):
    data = run_animation(trajectory, simulator="learned simulator")
    assert len(data) < 4e6  # of spray all over the place, which hardly compresses
    gif = opened(data)
    assert gif.n_frames == 101
    assert gif.size[0] == 640 and 320 < gif.size[1] < 380
    assert gif.info["loop"] == 0
    assert set(durations(gif)[:-1]) == {50}
    assert durations(gif)[-1] > 1000
    gif.seek(60)
    assert gif.convert("RGB").getpixel((20, 300)) == (255, 255, 255)


def test_one_panel_where_there_is_no_reference(trajectory):
    frames = trajectory.simulated[:3]
    gif = opened(viz.animation([("model", frames)], SCENERY, tool=None, dt=0.01))
    assert gif.n_frames == 3
    assert gif.size[0] == 640 < gif.size[1] < 700


def test_the_shorter_one_stands_still(trajectory):
    frames = trajectory.simulated[::20]
    panels = [("a", frames), ("b", frames[:2])]
    gif = opened(viz.animation(panels, SCENERY, tool=None, dt=0.2, panel_inches=2.0))
    assert gif.n_frames == 6
    pictures = []
    for index in (1, 5):
        gif.seek(index)
        picture = np.asarray(gif.convert("RGB"))
        # Above the clock, which goes on.
        pictures.append((picture[:225, :200], picture[:225, 200:]))
    assert (pictures[0][0] != pictures[1][0]).any()
    assert (pictures[0][1] == pictures[1][1]).mean() > 0.999


def test_the_pace_is_even_and_ends_at_the_end():
    for length, most in ((101, 101), (181, 101), (9, 3), (2, 5), (1, 4), (200, 60)):
        shown = even_frames(length, most)
        assert len(shown) <= most and shown[-1] == length - 1 and shown[0] < shown.step
        assert len(shown) > most // 2 or len(shown) == length


def test_thinning_keeps_the_ends():
    frames = np.linspace(0.1, 0.9, 9)[:, None, None] * np.ones((9, 1, 2))
    full, thin = (
        opened(
            viz.animation(
                [("", frames)], SCENERY, tool=None, dt=1.0, max_frames=n, panel_inches=2.0
            )
        )
        for n in (9, 3)
    )
    assert (full.n_frames, thin.n_frames) == (9, 3)
    for index, same in ((0, 0), (1, 4), (2, 8)):
        thin.seek(index)
        full.seek(same)
        assert np.array_equal(np.asarray(thin.convert("RGB")), np.asarray(full.convert("RGB")))


@pytest.mark.parametrize("panels", [[], [("a", np.zeros((0, 4, 2)))]])
def test_nothing_to_show_is_refused(panels):
    with pytest.raises(ValueError, match="at least one trajectory"):
        viz.animation(panels, SCENERY, tool=None, dt=0.01)
