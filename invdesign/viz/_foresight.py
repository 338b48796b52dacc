"""How well gradients foresee a step, by its length and by how they are clipped."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ._style import (
    CYCLE,
    FAINT,
    MARKERS,
    MUTED,
    headline,
    new_figure,
    plain_legend,
    style_curves,
)

Row = Mapping[str, Any]


def foresight_figure(
    rows: Sequence[Row], *, title: str, subtitle: str = "", random: float, worth: float
) -> Figure:
    """Correlations of gradients with the value's change over a step; a panel a horizon.

    **Arguments:**

    - `rows`: as `foresight` returns them.
    - `title`, `subtitle`: the two lines above.
    - `random`: spread of what chance gives, as a band about 0; `worth`: what a gradient has to
      foresee to be worth its cost, as a line.

    **Raises:** `ValueError` if there are no rows.
    """
    if not rows:
        raise ValueError("`foresight_figure` needs at least one row.")
    horizons = sorted({row["horizon"] for row in rows})
    # One panel is as wide as two: the lines above have to fit.
    figure = new_figure(1.0 + 5.0 * max(2, len(horizons)), 4.6)
    left = 0.75 / figure.get_figwidth()
    grid = figure.add_gridspec(
        1, len(horizons), left=left, right=0.985, top=0.76, bottom=0.125, wspace=0.14
    )
    for index, horizon in enumerate(horizons):
        axes = figure.add_subplot(grid[0, index])
        _panel(axes, [row for row in rows if row["horizon"] == horizon], random, worth)
        style_curves(
            axes,
            title=f"Over {horizon} step{'s' * (horizon != 1)}",
            xlabel="clipping limit of the gradient",
            ylabel="correlation with the value's change" * (index == 0),
        )
        if index == 0:
            plain_legend(axes, loc="lower left", ncols=2)
    headline(figure, title, subtitle)
    return figure


def _panel(axes: Axes, rows: Sequence[Row], random: float, worth: float) -> None:
    limits = sorted({row["limit"] for row in rows}, key=lambda limit: limit or np.inf)
    radii = sorted({row["radius"] for row in rows})
    axes.axhspan(-2 * random, 2 * random, color=FAINT, alpha=0.6, label="chance (two deviations)")
    axes.axhline(worth, color=MUTED, linewidth=0.9, linestyle=(0, (4, 3)), label="worth its cost")
    for look, radius in enumerate(radii):
        own = {row["limit"]: row for row in rows if row["radius"] == radius}
        color, shift = CYCLE[look % len(CYCLE)], 0.08 * (look - 0.5 * (len(radii) - 1))
        for place, limit in enumerate(limits):
            known = [each for each in own[limit]["points"] if each is not None]
            x = np.full(len(known), place + shift)
            axes.plot(x, known, ".", color=color, alpha=0.45, markersize=5)
        shown = [(i, own[limit]) for i, limit in enumerate(limits)]
        shown = [(i, row) for i, row in shown if row["correlation"] is not None]
        axes.errorbar(
            [i + shift for i, _ in shown],
            [row["correlation"] for _, row in shown],
            [row["error"] for _, row in shown],
            color=color,
            marker=MARKERS[look % len(MARKERS)],
            markersize=5,
            linewidth=1.4,
            label=f"step of {radius:.2g}",
        )
    axes.set_ylim(-1.05, 1.05)
    axes.set_xlim(-0.4, len(limits) - 0.6)
    axes.set_xticks(range(len(limits)), [f"{limit:g}" if limit else "exact" for limit in limits])
