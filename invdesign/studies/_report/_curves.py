"""Charts of a study: how scores went, and what they came to."""

import itertools
from collections.abc import Sequence
from typing import Any

import numpy as np

from .._comparison._compare_study import TaskTable
from .._comparison._contest import Contest
from ._blocks import Chart
from ._charts import AXES, COLORS, chart, count_along, dress_legend, hover, new_figure, source

_POINTS = 160  # along a curve
_MOST_LINES = 60  # beyond so many runs medians are drawn alone
_QUARTERS = (25.0, 50.0, 75.0)


def scores_chart(title: str, target: str, each: TaskTable, axes: Sequence[str]) -> Chart:
    """Scores of the champions so far: a line a run, and the median of each method."""
    figure = new_figure(target, xlabel=AXES[axes[0]], ylabel="training score", height=340)
    count_along(figure)
    thin = len(each.contests) <= _MOST_LINES
    medians = []
    for row, color in zip(each.rows, itertools.cycle(COLORS), strict=False):
        mine = [c for c in each.contests if c.label == row.label and c.at(each.budget) is not None]
        if not mine:
            continue
        band = source(target, _band(mine, axes, each.budget))
        figure.varea("x", "low", "high", source=band, fill_color=color, fill_alpha=0.16,
                     legend_label=row.label)  # fmt: skip
        for contest in mine if thin and len(mine) > 1 else ():
            line = source(target, _line(contest, axes, each.budget))
            figure.step("x", "y", source=line, color=color, alpha=0.4, line_width=1, mode="after",
                        legend_label=row.label)  # fmt: skip
        medians.append(figure.line("x", "y", source=band, color=color, line_width=2.6,
                                   legend_label=row.label))  # fmt: skip
    dress_legend(figure)
    hover(figure, medians, [("", "@of"), ("median", "@y{0.000}"), ("at", "@x{0,0}")])
    return chart(title, target, figure)


def ends_chart(title: str, target: str, each: TaskTable) -> Chart:
    """A point a run: its score under the simulator, and in the reference solver."""
    labels = [row.label for row in each.rows]
    figure = new_figure(
        target, xlabel="score", height=max(180, 90 + 44 * len(labels)), y_range=labels[::-1]
    )
    figure.xaxis.tags = []
    found = []
    for key, name, more in (
        ("score", "under the simulator", {"fill_alpha": 0.0, "size": 11}),
        ("reference_score_mean", "in the reference solver", {"fill_alpha": 0.85, "size": 7}),
    ):
        known = [c for c in each.contests if c.result[key] is not None]
        data = {
            "x": [float(c.result[key]) for c in known],
            "label": [c.label for c in known],
            "run": [c.name for c in known],
        }
        colors = [COLORS[labels.index(c.label) % len(COLORS)] for c in known]
        own = source("", {**data, "color": colors})
        found.append(figure.scatter("x", "label", source=own, color="color",
                                    legend_label=name, **more))  # fmt: skip
    dress_legend(figure)
    hover(figure, found, [("run", "@run"), ("score", "@x{0.0000}")])
    return chart(title, target, figure)


def _steps(contest: Contest, axis: str, budget: float) -> tuple[np.ndarray, np.ndarray]:
    """Places and scores up to a budget; the score is NaN before the first iteration."""
    end = contest.at(budget)
    assert end is not None
    return contest.history[axis][: end + 1].astype(float), contest.history["score"][: end + 1]


def _at(contest: Contest, axis: str, budget: float, places: np.ndarray) -> np.ndarray:
    """Scores at places: what the last iteration before has come to."""
    along, scores = _steps(contest, axis, budget)
    made = np.searchsorted(along, places, side="right") - 1
    return np.where(made >= 0, scores[np.maximum(made, 0)], np.nan)


def _band(mine: Sequence[Contest], axes: Sequence[str], budget: float) -> dict[str, Any]:
    """Median and quartiles over runs, for each axis."""
    columns: dict[str, Any] = {"of": [mine[0].label] * _POINTS}
    for axis in axes:
        ends = [_steps(contest, axis, budget)[0] for contest in mine]
        # From where every run has made an iteration, to where the longest ends.
        start, end = max(along[0] for along in ends), max(along[-1] for along in ends)
        places = np.linspace(start, max(end, start), _POINTS)
        scores = np.stack([_at(contest, axis, budget, places) for contest in mine])
        low, median, high = np.percentile(scores, _QUARTERS, axis=0)
        named = {"x": places, "y": median, "low": low, "high": high}
        columns |= {f"{name}@{axis}": values for name, values in named.items()}
    return columns


def _line(contest: Contest, axes: Sequence[str], budget: float) -> dict[str, Any]:
    columns: dict[str, Any] = {}
    for axis in axes:
        along, scores = _steps(contest, axis, budget)
        kept = np.unique(np.linspace(0, len(along) - 1, min(len(along), _POINTS)).astype(int))
        columns |= {f"x@{axis}": along[kept], f"y@{axis}": scores[kept]}
    return columns
