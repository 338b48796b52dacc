"""The water in motion, as a small GIF."""

import io
from collections.abc import Sequence

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from PIL import Image

from ._scene import Scenery, draw_scene, water_colors
from ._style import MUTED, new_figure

_DPI = 100
_COLORS = 48


def picture(canvas: FigureCanvasAgg) -> Image.Image:
    """What is on a canvas now."""
    canvas.draw()
    return Image.fromarray(np.asarray(canvas.buffer_rgba())[..., :3].copy())


def _frames_of(trajectories: Sequence[np.ndarray], max_frames: int) -> np.ndarray:
    length = max(len(frames) for frames in trajectories)
    return np.unique(np.linspace(0, length - 1, min(length, max_frames)).round().astype(int))


def animation(
    trajectories: Sequence[tuple[str, np.ndarray]],
    scenery: Scenery,
    *,
    tool: tuple[np.ndarray, np.ndarray] | None,
    dt: float,
    max_frames: int = 100,
    frame_seconds: float = 0.05,
    panel_inches: float = 3.2,
) -> bytes:
    """A GIF of one or more trajectories side by side, looping, with a pause at the end.

    All panels run on one clock, and one that is over stands still. A GIF of two panels, 250
    particles and 100 frames has about a megabyte.

    **Arguments:**

    - `trajectories`: title and positions in meters, `(time, node, 2)`, of each panel.
    - `scenery`, `tool`: as `draw_scene` takes them.
    - `dt`: seconds between two positions.
    - `max_frames`: longer trajectories are thinned out evenly, first and last frame kept.
    - `frame_seconds`: how long a frame is shown, at least 0.02, which browsers ask for.
    - `panel_inches`: the side of a panel, at 100 pixels an inch.

    **Raises:** `ValueError` if there is no trajectory, or one has no frame.
    """
    if not trajectories or any(len(frames) == 0 for _, frames in trajectories):
        raise ValueError("`animation` needs at least one trajectory of at least one frame.")
    wide = panel_inches * len(trajectories)
    tall = panel_inches + 0.3
    figure = new_figure(wide, tall)
    canvas = FigureCanvasAgg(figure)
    side = panel_inches - 0.12
    moving = []
    for index, (title, frames) in enumerate(trajectories):
        left = (index * panel_inches + 0.06) / wide
        axes = figure.add_axes((left, 0.06 / tall, side / wide, side / tall))
        discs = draw_scene(axes, scenery, position=frames[0], tool=tool, title=title)
        moving.append((axes, discs, frames))
    pictures = []
    for time in _frames_of([frames for _, frames in trajectories], max_frames):
        for axes, discs, frames in moving:
            position = frames[min(time, len(frames) - 1)]
            discs.set_offsets(position)
            discs.set_facecolor(water_colors(position, scenery.region))
            axes.set_title(f"{time * dt:.2f} s", loc="right", size=9.5, color=MUTED)
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
