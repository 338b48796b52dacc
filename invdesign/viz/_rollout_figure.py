"""A model's rollout beneath the truth, for model cards."""

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure

from ._scene import Scenery, draw_scene
from ._style import INK, headline, new_figure


def rollout_figure(
    truth: np.ndarray,
    model: np.ndarray,
    scenery: Scenery,
    *,
    dt: float,
    tool: tuple[np.ndarray, np.ndarray] | None = None,
    times: Sequence[int] | None = None,
    title: str = "",
    subtitle: str = "",
) -> Figure:
    """Two rows of moments: the reference solver above, the model below.

    **Arguments:**

    - `truth`, `model`: positions in meters, `(time, node, 2)`, from the same start.
    - `scenery`, `tool`: as `draw_scene` takes them.
    - `dt`: seconds between two positions.
    - `times`: indices to show; five from first to last by default.
    - `title`, `subtitle`: the two lines above.

    **Raises:** `ValueError` if an index lies outside of either trajectory.
    """
    length = min(len(truth), len(model))
    even = np.linspace(0, length - 1, min(5, length)).round().astype(int)
    moments = even.tolist() if times is None else list(times)
    if not (moments and all(0 <= time < length for time in moments)):
        raise ValueError(f"`times` must lie in 0 to {length - 1}, got {moments}.")
    columns, side = len(moments), 2.6
    wide, tall = columns * side + 0.35, 2 * side + 1.13
    figure = new_figure(wide, tall)
    grid = figure.add_gridspec(
        2,
        columns,
        left=0.35 / wide,
        right=1 - 0.08 / wide,
        bottom=0.26 / tall,
        top=1 - 0.95 / tall,
        wspace=0.04,
        hspace=0.04,
    )
    for row, (name, frames) in enumerate((("reference solver", truth), ("model", model))):
        for column, time in enumerate(moments):
            axes = figure.add_subplot(grid[row, column])
            label = f"{time * dt:.2f} s" if row == 0 else ""
            first = row == 1 and column == 0
            draw_scene(axes, scenery, position=frames[time], tool=tool, title=label, bar=first)
            if column == 0:
                axes.set_ylabel(name, size=10.5, color=INK, weight="bold")
    headline(figure, title, subtitle)
    return figure
