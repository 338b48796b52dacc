"""Scores of designs of one and two numbers."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ._style import CYCLE, INK, MUTED, PAPER, headline, new_figure, style_curves

_WIDTH, _HEIGHT = 4.4, 4.2  # inches a panel


def scan_figure(rows: Sequence[Mapping[str, Any]], *, title: str) -> Figure:
    """A curve for every slice of one number, a map for every one of two; the best is marked.

    **Arguments:** `rows`: mappings with `scan`, `numbers`, `score` and `points`, as `scan` returns
    them. What is unknown is `None`.

    **Raises:** `ValueError` if there are none.
    """
    if not rows:
        raise ValueError("`scan_figure` needs at least one row.")
    figure = new_figure(_WIDTH * len(rows) + 0.4, _HEIGHT)
    grid = figure.add_gridspec(
        1, len(rows), left=0.22 / len(rows), right=0.97, top=0.74, bottom=0.14, wspace=0.32
    )
    for index, row in enumerate(rows):
        axes = figure.add_subplot(grid[0, index])
        draw = _curve if len(row["numbers"]) == 1 else _map
        draw(axes, row)
    headline(figure, title, "score in the reference solver, on the conditions optimized on")
    return figure


def _score(row: Mapping[str, Any]) -> np.ndarray:
    return np.asarray(row["points"]["score"], float)  # `None` becomes NaN


def _title(row: Mapping[str, Any]) -> str:
    score = "unknown" if row["score"] is None else f"{row['score']:.3g}"
    return f"{row['scan']}: best unseen {score}"


def _curve(axes: Axes, row: Mapping[str, Any]) -> None:
    ((name, best),) = row["numbers"].items()
    axes.plot(row["points"][name], _score(row), "o-", color=CYCLE[0], markersize=3.5, linewidth=1.4)
    axes.axvline(best, color=MUTED, linewidth=0.9, linestyle=(0, (4, 3)))
    style_curves(axes, title=_title(row), xlabel=name)


def _map(axes: Axes, row: Mapping[str, Any]) -> None:
    (first, x), (second, y) = row["numbers"].items()
    along, up = (np.unique(row["points"][name]) for name in (first, second))
    shown = axes.pcolormesh(
        along, up, _score(row).reshape(len(along), len(up)).T, cmap="viridis", shading="nearest"
    )
    axes.plot(x, y, "o", markerfacecolor="none", markeredgecolor=PAPER, markersize=9)
    axes.plot(x, y, "o", markerfacecolor="none", markeredgecolor=INK, markersize=11)
    style_curves(axes, title=_title(row), xlabel=first, ylabel=second)
    axes.grid(visible=False)
    bar = axes.figure.colorbar(shown, ax=axes, fraction=0.05, pad=0.03)
    bar.ax.tick_params(colors=MUTED, labelsize=8, length=0)
    bar.outline.set_visible(False)  # pyright: ignore[reportCallIssue]
