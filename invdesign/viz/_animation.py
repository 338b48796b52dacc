"""The water in motion, as a small GIF."""

import io
from collections.abc import Sequence

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from PIL import Image

from ._scene import Scenery, draw_scene, stamp
from ._style import new_figure

_COLORS = 48
# Inches: a panel and a picture are at least so wide; around a box, and for texts above and below.
_PANEL, _WIDTH = 3.2, 6.4
_MARGIN, _ABOVE, _BELOW = 0.06, 0.3, 0.2


def picture(canvas: FigureCanvasAgg) -> Image.Image:
    """What is on a canvas now."""
    canvas.draw()
    return Image.fromarray(np.asarray(canvas.buffer_rgba())[..., :3].copy())


def even_frames(length: int, most: int) -> range:
    """At most `most` of `length` frames at an even pace, the last one among them."""
    stride = max(1, -(-(length - 1) // max(most - 1, 1)))
    return range((length - 1) % stride, length, stride)


def animation(
    trajectories: Sequence[tuple[str, np.ndarray]],
    scenery: Scenery,
    *,
    tool: tuple[np.ndarray, np.ndarray] | None,
    dt: float,
    max_frames: int = 101,
    frame_seconds: float = 0.05,
    panel_inches: float | None = None,
) -> bytes:
    """A GIF of one or more trajectories side by side, looping, with a pause at the end.

    All panels run on one clock at an even pace, and one that is over stands still. A GIF of two
    panels, 250 particles and 100 frames has about two megabytes.

    **Arguments:**

    - `trajectories`: title and positions in meters, `(time, node, 2)`, of each panel.
    - `scenery`, `tool`: as `draw_scene` takes them.
    - `dt`: seconds between two positions.
    - `max_frames`: of longer trajectories every second or third frame is shown, and so on, the
      last one among them.
    - `frame_seconds`: how long a frame is shown, at least 0.02, which browsers ask for.
    - `panel_inches`: the side of a panel, at 100 pixels an inch; by default 3.2, and 6.4 over
      their number if that is more.

    **Raises:** `ValueError` if there is no trajectory, or one has no frame.
    """
    if not trajectories or any(len(frames) == 0 for _, frames in trajectories):
        raise ValueError("`animation` needs at least one trajectory of at least one frame.")
    side = max(_PANEL, _WIDTH / len(trajectories)) if panel_inches is None else panel_inches
    wide, tall = side * len(trajectories), side + _ABOVE + _BELOW
    figure = new_figure(wide, tall)
    canvas = FigureCanvasAgg(figure)
    box = side - 2 * _MARGIN
    moving = []
    for index, (title, frames) in enumerate(trajectories):
        left = (index * side + _MARGIN) / wide
        place = (left, (_MARGIN + _BELOW) / tall, box / wide, box / tall)
        axes = figure.add_axes(place)
        water = draw_scene(axes, scenery, position=frames[0], tool=tool, title=title)
        moving.append((axes, water, frames))
    pictures = []
    for time in even_frames(max(len(frames) for _, frames in trajectories), max_frames):
        for axes, water, frames in moving:
            water.move(frames[min(time, len(frames) - 1)])
            stamp(axes, time * dt)
        pictures.append(picture(canvas))
    return gif(pictures, frame_seconds)


def _indexed(picture: Image.Image, palette: Image.Image, colors: list[int]) -> Image.Image:
    """A picture by palette; white, which Pillow's quick look-up leaves a shade off, is exact."""
    index = np.array(picture.quantize(palette=palette, dither=Image.Dither.NONE))
    index[(np.asarray(picture) == 255).all(-1)] = _COLORS
    indexed = Image.fromarray(index, mode="P")
    indexed.putpalette(colors)
    return indexed


def gif(pictures: list[Image.Image], frame_seconds: float) -> bytes:
    """Pictures of one size as a looping GIF that rests on the last one."""
    # One palette for all, from the frames that differ most; dithering would defeat compression.
    width, height = pictures[0].size
    both = Image.new("RGB", (width, 2 * height))
    both.paste(pictures[0], (0, 0))
    both.paste(pictures[-1], (0, height))
    palette = both.quantize(_COLORS, dither=Image.Dither.NONE)
    colors = [*(palette.getpalette() or [])[: 3 * _COLORS], 255, 255, 255]
    frames = [_indexed(picture, palette, colors) for picture in pictures]
    shown = round(1000 * max(frame_seconds, 0.02))
    buffer = io.BytesIO()
    frames[0].save(
        buffer,
        format="GIF",
        save_all=True,
        append_images=frames[1:],
        duration=[shown] * (len(frames) - 1) + [1500],
        loop=0,
        optimize=False,
    )
    return buffer.getvalue()
