"""Fields on a line over time, as pictures with time upwards."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ._style import CYCLE, INK, MUTED, headline, new_figure, plain_legend, style_curves

_SIDE = 3.1  # inches a panel


def draw_space_time(
    axes: Axes, frames: np.ndarray, *, length: float, dt: float, limit: float, title: str
) -> None:
    """A field's values in color, its place to the right and time upwards.

    **Arguments:** `frames`: `(time, point)`, the first at time zero; `limit`: value of the deepest
    colors; `length`, `dt`: of the interval and between frames.
    """
    end = (len(frames) - 0.5) * dt
    axes.imshow(
        frames,
        origin="lower",
        aspect="auto",
        extent=(0.0, length, -0.5 * dt, end),
        cmap="RdBu_r",
        vmin=-limit,
        vmax=limit,
        interpolation="nearest",
    )
    axes.set_title(title, size=10.5, color=INK, loc="left", weight="bold")
    axes.set_xlabel("place", size=9, color=MUTED)
    axes.tick_params(colors=MUTED, labelsize=8, length=0)
    for spine in axes.spines.values():
        spine.set_visible(False)


def space_time_figure(
    panels: Sequence[tuple[str, np.ndarray]],
    curves: Mapping[str, np.ndarray],
    *,
    length: float,
    dt: float,
    title: str = "",
    subtitle: str = "",
    curves_title: str = "",
) -> Figure:
    """Fields over space and time side by side, and profiles of fields below.

    **Arguments:**

    - `panels`: titles, and fields `(time, point)`; colors are the same for all.
    - `curves`: fields by name, `(point,)`, drawn over the interval.
    - `length`, `dt`: of the interval and between frames.
    """
    wide, tall = _SIDE * len(panels) + 0.5, 6.3
    figure = new_figure(wide, tall)
    limit = max(float(np.nanmax(np.abs(frames))) for _, frames in panels)
    grid = figure.add_gridspec(
        1, len(panels), left=0.5 / wide, right=0.98, top=0.84, bottom=0.44, wspace=0.16
    )
    for index, (name, frames) in enumerate(panels):
        axes = figure.add_subplot(grid[0, index])
        draw_space_time(axes, frames, length=length, dt=dt, limit=limit, title=name)
        if index == 0:
            axes.set_ylabel("time", size=9, color=MUTED)
    axes = figure.add_axes((0.5 / wide, 0.09, 0.98 - 0.5 / wide, 0.23))
    for index, (name, field) in enumerate(curves.items()):
        place = length * np.arange(len(field)) / len(field)
        first = {"color": INK, "linewidth": 3.0, "alpha": 0.35}
        look = first if index == 0 else {"color": CYCLE[index - 1], "linewidth": 1.3}
        axes.plot(place, field, label=name, **look)
    style_curves(axes, title=curves_title, xlabel="place")
    axes.set_xlim(0, length)
    plain_legend(axes, loc="lower right", bbox_to_anchor=(1.0, 1.0), ncols=len(curves))
    headline(figure, title, subtitle)
    return figure
