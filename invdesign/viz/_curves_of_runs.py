"""Curves of many runs: one color a label, medians and quartiles over seeds."""

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Literal

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from ._style import CYCLE, INK, MARKERS

_QUARTERS = (25.0, 50.0, 75.0)


@dataclasses.dataclass(frozen=True)
class Curve:
    """How a run went.

    **Arguments:**

    - `label`: what it shares with runs of other seeds.
    - `steps`, `seconds`: charged simulator steps and time so far, increasing, `(entry,)`.
    - `score`: of the champion on the conditions that were optimized on, `(entry,)`.
    - `judged`: charged steps, seconds, and the score in the reference solver on unseen conditions
      at some moments, `(moment, 3)`; the same shares of the budget in all runs, NaN where it is
      not known.
    """

    label: str
    steps: np.ndarray
    seconds: np.ndarray
    score: np.ndarray
    judged: np.ndarray


def band_over_seeds(
    runs: Sequence[tuple[np.ndarray, np.ndarray]],
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Median and quartiles of several step curves, each known at its own steps.

    A run keeps its last value until its next entry, and to the end. Before the last of the runs
    has its first entry there is no band.

    **Arguments:** `runs`: steps, increasing, and values of each run; NaNs are left out.

    **Returns:** steps, median, lower and upper quartile, `(step,)` each.
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
    low, median, high = np.percentile(values, _QUARTERS, axis=0)
    return grid, median, low, high


def looks_of(curves: Sequence[Curve]) -> dict[str, int]:
    """A number for every label, in the order of their first runs, which chooses its look."""
    return {label: i for i, label in enumerate(dict.fromkeys(curve.label for curve in curves))}


def look(index: int) -> tuple[str, str, Literal["-", "--"]]:
    """Color, marker and line; once the colors are used up, dashed lines begin with the first."""
    dashes = "-" if index < len(CYCLE) else "--"
    return CYCLE[index % len(CYCLE)], MARKERS[index % len(MARKERS)], dashes


def _veil(looks: Mapping[str, int]) -> float:
    return 0.16 if len(looks) <= len(CYCLE) else 0.06


def draw_scores(axes: Axes, curves: Sequence[Curve], looks: Mapping[str, int]) -> None:
    """Training scores against charged steps: median and quartiles over the seeds of a label."""
    for label, number in looks.items():
        color, marker, dashes = look(number)
        mine = [curve for curve in curves if curve.label == label]
        x, median, low, high = band_over_seeds([(c.steps, c.score) for c in mine])
        if len(x) == 0:
            continue
        axes.fill_between(x, low, high, step="post", color=color, alpha=_veil(looks), linewidth=0)
        axes.step(x, median, where="post", color=color, linestyle=dashes, linewidth=1.8)
        axes.plot(x[-1:], median[-1:], marker=marker, color=color, markersize=7)


def draw_moments(
    axes: Axes,
    curves: Sequence[Curve],
    cost: Literal["steps", "seconds"],
    looks: Mapping[str, int],
) -> None:
    """Scores in the reference solver at the moments at which they are known: a point where all runs
    of a label have one, and nothing is claimed of what lies between."""
    column = 0 if cost == "steps" else 1
    for label, number in looks.items():
        color, marker, dashes = look(number)
        judged = np.stack([curve.judged for curve in curves if curve.label == label])
        judged = judged[:, np.isfinite(judged[:, :, 2]).all(axis=0)]
        if not judged.shape[1]:
            continue
        x = np.median(judged[:, :, column], axis=0)
        low, median, high = np.percentile(judged[:, :, 2], _QUARTERS, axis=0)
        axes.fill_between(x, low, high, color=color, alpha=_veil(looks), linewidth=0)
        axes.vlines(x, low, high, color=color, linewidth=3, alpha=0.3)
        axes.plot(
            x, median, marker=marker, color=color, markersize=6, linestyle=dashes, linewidth=1.2
        )


def legend_of(figure: Figure, looks: Mapping[str, int], left: float) -> None:
    """The labels at the right, from `left` of the width on, a line a part."""
    handles = [
        Line2D(
            [], [], color=color, marker=marker, linestyle=dashes, label=label.replace(", ", "\n")
        )
        for label, (color, marker, dashes) in ((label, look(i)) for label, i in looks.items())
    ]
    figure.legend(
        handles=handles,
        loc="center left",
        bbox_to_anchor=(left, 0.5),
        frameon=False,
        fontsize=10,
        labelcolor=INK,
    )
