"""Predicted lift and drag against the solver's, and how often errors are how large."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from ...viz._style import (
    CYCLE,
    FAINT,
    INK,
    MARKERS,
    MUTED,
    headline,
    log_axis,
    new_figure,
    plain_legend,
    style_curves,
)

# By the name of a set of cases: found and true lift and drag, `(case, 2)` each.
Sets = Mapping[str, tuple[np.ndarray, np.ndarray]]
_NAMES = ("lift coefficient", "drag coefficient")


def agreement_figure(methods: Mapping[str, Sets], *, title: str, subtitle: str = "") -> Figure:
    """Predicted against true coefficients: one column a method, one color a set of cases.

    **Arguments:** `methods`: by name, the sets of cases a method was asked for.

    **Raises:** `ValueError` if there is no method.
    """
    if not methods:
        raise ValueError("`agreement_figure` needs at least one method.")
    names = list(dict.fromkeys(name for sets in methods.values() for name in sets))
    figure = new_figure(1.0 + 2.85 * len(methods), 7.4)
    grid = figure.add_gridspec(
        2,
        len(methods),
        left=0.8 / figure.get_figwidth(),
        right=0.985,
        top=0.84,
        bottom=0.075,
        wspace=0.12,
        hspace=0.28,
    )
    for row, quantity in enumerate(_NAMES):
        bounds = _bounds(methods, row)
        for column, (method, sets) in enumerate(methods.items()):
            axes = figure.add_subplot(grid[row, column])
            axes.plot(bounds, bounds, color=MUTED, linewidth=0.9, zorder=1)
            for name, (found, true) in sets.items():
                _points(axes, found[:, row], true[:, row], names.index(name), name)
            axes.set(xlim=bounds, ylim=bounds)
            axes.set_box_aspect(1)
            axes.xaxis.set_major_locator(MaxNLocator(4))
            axes.yaxis.set_major_locator(MaxNLocator(4))
            xlabel = f"{quantity}, solver"
            ylabel = f"{quantity}, predicted" if column == 0 else ""
            style_curves(axes, title=method if row == 0 else "", xlabel=xlabel, ylabel=ylabel)
            if column:
                axes.tick_params(labelleft=False)
            elif row == 0:
                plain_legend(axes, loc="upper left", handletextpad=0.1)
    headline(figure, title, subtitle)
    return figure


def _bounds(methods: Mapping[str, Sets], column: int) -> tuple[float, float]:
    """From the least to the largest finite number with a little space on both sides."""
    both = [rows[:, column] for sets in methods.values() for pair in sets.values() for rows in pair]
    every = np.concatenate(both)
    low, high = np.min(every[np.isfinite(every)]), np.max(every[np.isfinite(every)])
    return float(low - 0.05 * (high - low)), float(high + 0.05 * (high - low))


def _points(axes: Axes, found: np.ndarray, true: np.ndarray, look: int, name: str) -> None:
    axes.scatter(
        true, found, s=16, alpha=0.75, color=CYCLE[look], marker=MARKERS[look], linewidths=0,
        label=name,
    )  # fmt: skip


def errors_figure(
    errors: Mapping[str, np.ndarray],
    *,
    bars: Sequence[tuple[float, float]],
    title: str,
    subtitle: str = "",
) -> Figure:
    """The share of cases whose relative error of lift, or of drag, is below a size.

    **Arguments:**

    - `errors`: by name, relative errors of lift and drag, `(case, 2)`.
    - `bars`: of lift and of drag: what the median and the 95th percentile should be below; each
      is drawn as a mark.

    **Raises:** `ValueError` if there are no errors.
    """
    if not errors:
        raise ValueError("`errors_figure` needs at least one set of errors.")
    figure = new_figure(12.6, 4.6)
    grid = figure.add_gridspec(1, 2, left=0.055, right=0.83, top=0.78, bottom=0.12, wspace=0.12)
    for column, quantity in enumerate(_NAMES):
        axes = figure.add_subplot(grid[0, column])
        for look, (name, rows) in enumerate(errors.items()):
            ordered = np.sort(100 * np.maximum(rows[:, column], 1e-6))
            share = (np.arange(len(ordered)) + 1) / len(ordered)
            axes.step(ordered, share, where="post", color=CYCLE[look], linewidth=1.6, label=name)
        marks = 100 * np.asarray(bars[column])
        axes.scatter(marks, (0.5, 0.95), marker="<", s=44, color=INK, zorder=5, label="wanted")
        for mark, share in zip(marks, (0.5, 0.95), strict=True):
            axes.axhline(share, color=FAINT, linewidth=1.2, zorder=0)
            axes.plot([mark, mark], [0, share], color=FAINT, linewidth=1.2, zorder=0)
        axes.set_xlim(0.01, 100)
        axes.set_ylim(0, 1.02)
        log_axis(axes.xaxis)
        ylabel = "share of cases" if column == 0 else ""
        heading = f"Error of the {quantity}"
        style_curves(axes, title=heading, xlabel="relative error below (%)", ylabel=ylabel)
    plain_legend(axes, loc="center left", bbox_to_anchor=(1.02, 0.5))
    headline(figure, title, subtitle)
    return figure
