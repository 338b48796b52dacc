"""Methods side by side on equal budgets."""

import dataclasses
from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ._curves_of_runs import Curve, draw_moments, draw_scores, legend_of, look, looks_of
from ._style import count, headline, new_figure, style_curves


@dataclasses.dataclass(frozen=True)
class Profile:
    """Of the runs of a label, the share above each threshold, with an interval, `(threshold,)`
    each."""

    thresholds: np.ndarray
    share: np.ndarray
    low: np.ndarray
    high: np.ndarray


def comparison_figure(
    curves: Sequence[Curve],
    profiles: Mapping[str, Profile],
    *,
    title: str,
    subtitle: str = "",
    simulator: str = "learned simulator",
) -> Figure:
    """Scores against charged steps and seconds, and the share of runs above a score.

    One color and one end marker a label, the same in all panels.

    **Arguments:**

    - `curves`: one a run.
    - `profiles`: by label, of the reference scores at the end.
    - `title`, `subtitle`: the two lines above.
    - `simulator`: whose score the first panel shows.

    **Raises:** `ValueError` if there are no runs.
    """
    if not curves:
        raise ValueError("`comparison_figure` needs at least one run.")
    looks = looks_of(curves)
    figure = new_figure(12.0, 8.2)
    grid = figure.add_gridspec(
        2, 2, left=0.05, right=0.8, top=0.88, bottom=0.07, wspace=0.13, hspace=0.3
    )
    axes = [figure.add_subplot(grid[i, j]) for i in range(2) for j in range(2)]
    draw_scores(axes[0], curves, looks)
    style_curves(axes[0], title=f"Training score, {simulator}", xlabel="charged simulator steps")
    draw_moments(axes[1], curves, "steps", looks)
    style_curves(
        axes[1], title="Unseen conditions, reference solver", xlabel="charged simulator steps"
    )
    draw_moments(axes[2], curves, "seconds", looks)
    style_curves(
        axes[2], title="Unseen conditions, reference solver", xlabel="seconds of the search"
    )
    _draw_profiles(axes[3], profiles, looks)
    style_curves(axes[3], title="Share of runs above a reference score", xlabel="reference score")
    _scale(axes, curves)
    legend_of(figure, looks, 0.81)
    headline(figure, title, subtitle)
    return figure


def _draw_profiles(axes: Axes, profiles: Mapping[str, Profile], looks: Mapping[str, int]) -> None:
    for label, profile in profiles.items():
        color, _, dashes = look(looks[label])
        x = profile.thresholds
        axes.fill_between(x, profile.low, profile.high, color=color, alpha=0.1, linewidth=0)
        axes.plot(x, profile.share, color=color, linestyle=dashes, linewidth=1.8)
    axes.set_ylim(-0.02, 1.02)
    axes.yaxis.set_major_formatter(lambda number, _: f"{number:.0%}")


def _scale(axes: Sequence[Axes], curves: Sequence[Curve]) -> None:
    """Shares of particles from 0 to 1 in all panels; other scores on one scale of their own."""
    values = np.concatenate([np.r_[curve.score, curve.judged[:, 2]] for curve in curves])
    values = values[np.isfinite(values)]
    for each in axes[:3]:
        each.set_xlim(left=0)
        each.xaxis.set_major_formatter(lambda number, _: count(number))
        if len(values) and values.min() >= 0 and values.max() <= 1:
            each.set_ylim(-0.02, 1.02)
        else:
            each.sharey(axes[0]) if each is not axes[0] else None
