"""Charts of a study: how scores went, and what they came to."""

import math
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from .._comparison._compare_study import TaskTable
from .._comparison._contest import Contest
from .._comparison._draw import profiles, shown_labels
from .._comparison._judges import MARKS
from .._comparison._rows import judged
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
    for label, color in colored(each):
        mine = [c for c in each.contests if c.label == label and c.at(each.budget) is not None]
        if not mine:
            continue
        band = source(target, _band(mine, axes, each.budget))
        figure.varea("x", "low", "high", source=band, fill_color=color, fill_alpha=0.16,
                     legend_label=label)  # fmt: skip
        for contest in mine if thin and len(mine) > 1 else ():
            line = source(target, _line(contest, axes, each.budget))
            figure.step("x", "y", source=line, color=color, alpha=0.4, line_width=1, mode="after",
                        legend_label=label)  # fmt: skip
        medians.append(figure.line("x", "y", source=band, color=color, line_width=2.6,
                                   legend_label=label))  # fmt: skip
    dress_legend(figure)
    hover(figure, medians, [("", "@of"), ("median", "@y{0.000}"), ("at", "@x{0,0}")])
    return chart(title, target, figure)


def reference_chart(title: str, target: str, each: TaskTable, axes: Sequence[str]) -> Chart | None:
    """Scores in the reference solver at some shares of the budget; `None` where no champion but
    the last ones was judged.
    """
    figure = new_figure(target, xlabel=AXES[axes[0]], ylabel="reference score", height=340)
    count_along(figure)
    found = []
    for label, color in colored(each):
        mine = [c for c in each.contests if c.label == label]
        points = [_judged(c, axes, each.budget) for c in mine]
        medians = _medians([one for one in points if one], axes, label)
        if len(medians["y"]) < 2:
            continue
        own = source(target, medians)
        look = {"source": own, "color": color, "legend_label": label}
        found.append(figure.line("x", "y", line_width=2.6, **look))
        figure.scatter("x", "y", size=6, **look)
    if not found:
        return None
    dress_legend(figure)
    hover(figure, found, [("", "@of"), ("median", "@y{0.000}"), ("at", "@x{0,0}")])
    return chart(title, target, figure)


def ends_chart(title: str, target: str, each: TaskTable) -> Chart:
    """A point a run at the budget: its score under the simulator, and in the reference solver."""
    colors = dict(colored(each))
    labels = list(colors)
    height = max(180, 90 + 44 * len(labels))
    figure = new_figure(target, xlabel="score", height=height, y_range=labels[::-1])
    figure.xaxis.tags = []
    found = []
    for key, name, look in (
        ("score", "under the simulator", {"fill_alpha": 0.0, "size": 11}),
        ("reference_score", "in the reference solver", {"fill_alpha": 0.85, "size": 7}),
    ):
        scores = {c.name: judged(c, each.budget, key) for c in each.contests if c.label in colors}
        known = [c for c in each.contests if math.isfinite(scores.get(c.name, math.nan))]
        data = {
            "x": [scores[c.name] for c in known],
            "label": [c.label for c in known],
            "run": [c.name for c in known],
            "color": [colors[c.label] for c in known],
        }
        own = source("", data)
        found.append(
            figure.scatter("x", "label", source=own, color="color", legend_label=name, **look)
        )
    dress_legend(figure)
    hover(figure, found, [("run", "@run"), ("score", "@x{0.0000}")])
    return chart(title, target, figure)


def profile_chart(title: str, target: str, each: TaskTable) -> Chart | None:
    """The share of runs above a reference score, for every score; `None` where none is known."""
    colors = dict(colored(each))
    shares = profiles(list(colors), each)
    if not shares:
        return None
    figure = new_figure(target, xlabel="reference score", ylabel="share of runs above", height=340)
    figure.xaxis.tags = []
    for label, profile in shares.items():
        named = {"x": profile.thresholds, "y": profile.share, "low": profile.low}
        own = source("", {**named, "high": profile.high})
        look = {"source": own, "legend_label": label}
        figure.varea("x", "low", "high", fill_color=colors[label], fill_alpha=0.12, **look)
        figure.line("x", "y", color=colors[label], line_width=2.2, **look)
    dress_legend(figure)
    return chart(title, target, figure)


def colored(each: TaskTable) -> Iterator[tuple[str, str]]:
    """The rows that are drawn, and their colors."""
    yield from zip(shown_labels(each), COLORS, strict=False)


def _judged(contest: Contest, axes: Sequence[str], budget: float) -> dict[float, tuple[Any, ...]]:
    """Places along the axes and the reference score, by share of the budget where it is known."""
    found = {}
    for share in MARKS:
        moment = contest.at(share * budget)
        known = None if moment is None else contest.known(moment)
        if known is not None and known.reference_score is not None:
            places = [float(contest.history[axis][moment]) for axis in axes]
            found[share] = (*places, known.reference_score)
    return found


def _medians(points: Sequence[Any], axes: Sequence[str], label: str) -> dict[str, Any]:
    """Medians over runs at the shares that all of them know."""
    shares = [share for share in MARKS if points and all(share in one for one in points)]
    rows = [np.median([one[share] for one in points], axis=0) for share in shares]
    columns = {f"x@{axis}": [row[i] for row in rows] for i, axis in enumerate(axes)}
    return {**columns, "y": [row[-1] for row in rows], "of": [label] * len(rows)}


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
