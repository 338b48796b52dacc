"""The figure of a task's comparison."""

import math
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from ...viz import save_figure
from ...viz._comparison import Curve, Profile, comparison_figure
from ._compare_study import TaskTable
from ._contest import Contest
from ._judges import MARKS
from ._profile import performance_profile
from ._rows import RANDOM, judged

_MOST = 6  # more are not told apart
_THRESHOLDS = 201


def draw(table: TaskTable, paths: Sequence[Path]) -> list[Path]:
    """Draw the best rows and random search into some files; of others the table tells."""
    shown = shown_labels(table)
    chosen = [each for each in table.contests if each.label in shown]
    curves = [_curve(each, table.budget) for each in chosen if each.at(table.budget) is not None]
    left = len(table.rows) - len(shown)
    learned = all(each.simulator == "learned" for each in chosen)
    seeds = len({each.seed for each in chosen})
    figure = comparison_figure(
        curves,
        profiles(shown, table),
        title=f"{table.task}: {len(curves)} runs up to {table.budget:,.0f} charged steps",
        subtitle=f"medians and quartiles of {seeds} seeds, shares with intervals of 95%"
        + f"; {left} more rows are in the table" * bool(left),
        simulator="learned simulator" if learned else "the simulator searched through",
    )
    return [save_figure(path, figure) for path in paths]


def shown_labels(table: TaskTable) -> list[str]:
    """The rows that a figure shows, random search among them."""
    labels = [row.label for row in table.rows if row.runs]
    if len(labels) <= _MOST:
        return labels
    random = [label for label in labels if label.split(",")[0] == RANDOM]
    best = [label for label in labels if label not in random[-1:]][: _MOST - len(random[-1:])]
    return best + random[-1:]


def _curve(contest: Contest, budget: float) -> Curve:
    end = contest.at(budget)
    assert end is not None
    history = contest.history
    return Curve(
        contest.label,
        history["charged_steps"][: end + 1],
        history["seconds"][: end + 1],
        history["score"][: end + 1],
        np.asarray([_moment(contest, share * budget) for share in MARKS]),
    )


def _moment(contest: Contest, budget: float) -> tuple[float, float, float]:
    """Charged steps, seconds and the reference score at a moment, as far as they are known."""
    end = contest.at(budget)
    known = None if end is None else contest.known(end)
    if end is None or known is None or known.reference_score is None:
        return math.nan, math.nan, math.nan
    history = contest.history
    seconds = float(history["seconds"][end])
    return float(history["charged_steps"][end]), seconds, known.reference_score


def profiles(labels: Sequence[str], table: TaskTable) -> dict[str, Profile]:
    """Shares of the runs of some rows above a reference score; rows without one are left out."""
    scores = {
        label: [
            judged(each, table.budget, "reference_score")
            for each in table.contests
            if each.label == label
        ]
        for label in labels
    }
    known = {label: [x for x in many if np.isfinite(x)] for label, many in scores.items()}
    everything = [x for many in known.values() for x in many]
    if not everything:
        return {}
    low, high = min(everything), max(everything)
    margin = max(0.05 * (high - low), 0.01 * max(abs(low), abs(high)), 1e-6)
    thresholds = np.linspace(low - margin, high + margin, _THRESHOLDS)
    return {
        label: Profile(thresholds, *performance_profile(many, thresholds))
        for label, many in known.items()
        if many
    }
