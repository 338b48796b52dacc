"""Optimizers side by side on equal budgets."""

from collections.abc import Mapping, Sequence
from typing import Any, Literal

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from ._style import CYCLE, INK, MARKERS, count, headline, new_figure, style_curves

Run = Mapping[str, Any]


def band_over_seeds(
    runs: Sequence[tuple[np.ndarray, np.ndarray]],
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Median, lowest and highest of several step curves, each known at its own steps.

    A run keeps its last value until its next entry, and to the end. Before the last of the runs
    has its first entry there is no band.

    **Arguments:** `runs`: steps, increasing, and values of each run; NaNs are left out.

    **Returns:** steps, median, minimum and maximum, `(step,)` each.
    """
    known = [(x[np.isfinite(y)], y[np.isfinite(y)]) for x, y in runs]
    known = [(x, y) for x, y in known if len(x)]
    if not known:
        nothing = np.zeros(0)
        return nothing, nothing, nothing, nothing
    start = max(x[0] for x, _ in known)
    grid = np.unique(np.concatenate([x for x, _ in known]))
    grid = grid[grid >= start]
    values = np.stack([y[np.searchsorted(x, grid, side="right") - 1] for x, y in known])
    return grid, np.median(values, 0), values.min(0), values.max(0)


def looks_of(runs: Sequence[Run]) -> dict[str, int]:
    """A number for every optimizer, in the order of their first runs, which chooses its look."""
    return {name: i for i, name in enumerate(dict.fromkeys(run["optimizer"] for run in runs))}


def _look(index: int) -> tuple[str, str, Literal["-", "--"]]:
    """Color, marker and line; once the colors are used up, dashed lines begin with the first."""
    dashes = "-" if index < len(CYCLE) else "--"
    return CYCLE[index % len(CYCLE)], MARKERS[index % len(MARKERS)], dashes


def draw_runs(axes: Axes, runs: Sequence[Run], key: str, looks: Mapping[str, int]) -> None:
    """Median and range over the seeds of `key` against `steps`, for every optimizer."""
    veil = 0.16 if len(looks) <= len(CYCLE) else 0.06
    for name, look in looks.items():
        color, marker, dashes = _look(look)
        curves = [
            (np.asarray(run["steps"], float), np.asarray(run[key], float))
            for run in runs
            if run["optimizer"] == name and run.get(key) is not None
        ]
        x, median, low, high = band_over_seeds(curves)
        if len(x) == 0:
            continue
        axes.fill_between(x, low, high, step="post", color=color, alpha=veil, linewidth=0)
        axes.step(x, median, where="post", color=color, linestyle=dashes, linewidth=1.8)
        # The range at the end shows, too, where a score is known at the end only.
        axes.vlines(x[-1], low[-1], high[-1], color=color, linewidth=3, alpha=0.4)
        axes.plot(x[-1:], median[-1:], marker=marker, color=color, markersize=7)


def comparison_figure(
    runs: Sequence[Run], *, title: str, subtitle: str = "", simulator: str = "learned simulator"
) -> Figure:
    """Score and reference score against charged simulator steps, median and range over seeds.

    One color and one end marker an optimizer, the same in both panels.

    **Arguments:**

    - `runs`: one mapping a run with `optimizer` (name), `steps` (charged simulator steps so far,
      increasing, `(entry,)`), `score` (best so far at these steps) and, where it was verified,
      `reference_score` (NaN at entries that were not).
    - `title`, `subtitle`: the two lines above.
    - `simulator`: whose score the left panel shows.

    **Raises:** `ValueError` if there are no runs.
    """
    if not runs:
        raise ValueError("`comparison_figure` needs at least one run.")
    looks = looks_of(runs)
    figure = new_figure(11.5, 5.0)
    grid = figure.add_gridspec(1, 2, left=0.055, right=0.84, top=0.8, bottom=0.11, wspace=0.12)
    left = figure.add_subplot(grid[0, 0])
    right = figure.add_subplot(grid[0, 1], sharex=left, sharey=left)
    for axes, key, name in (
        (left, "score", f"Score, {simulator}"),
        (right, "reference_score", "Score, reference solver"),
    ):
        draw_runs(axes, runs, key, looks)
        style_curves(axes, title=name, xlabel="charged simulator steps")
        axes.xaxis.set_major_formatter(lambda number, _: count(number))
        if all(_is_share(run, "score") and _is_share(run, "reference_score") for run in runs):
            axes.set_ylim(-0.02, 1.02)
    left.set_xlim(left=0)
    legend_of(figure, looks)
    headline(figure, title, subtitle)
    return figure


def _is_share(run: Run, key: str) -> bool:
    """Whether all numbers of a column are from 0 to 1, as shares of particles are."""
    values = np.asarray(run.get(key, ()), float)
    return bool(((values >= 0) & (values <= 1) | np.isnan(values)).all())


def legend_of(figure: Figure, looks: Mapping[str, int]) -> None:
    """The optimizers' names at the right."""
    handles = [
        Line2D([], [], color=color, marker=marker, linestyle=dashes, label=name)
        for name, (color, marker, dashes) in ((name, _look(i)) for name, i in looks.items())
    ]
    figure.legend(
        handles=handles,
        loc="center left",
        bbox_to_anchor=(0.85, 0.5),
        frameon=False,
        fontsize=10,
        labelcolor=INK,
    )
