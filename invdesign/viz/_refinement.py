"""Model and solver drawing together, round by round of a refinement."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from ._style import CYCLE, FAINT, headline, new_figure, plain_legend, style_curves

Rounds = Sequence[Mapping[str, Any]]
_LEARNED = "model, before it learns from the round"
_TITLES = {
    "score": "champion's score on unseen conditions",
    "cd": "champion's drag coefficient",
    "cl": "champion's lift coefficient",
}


def refinement_figure(rounds: Rounds, *, title: str, subtitle: str = "") -> Figure:
    """What the model promised and the solver found for the champion of each round.

    Drag and lift of sections have a panel each; of anything else the score is shown.

    **Arguments:**

    - `rounds`: mappings with `round`, `score`, `reference_score` and `lessons` (trajectories that
      the model had learned from), and those of sections with `cd`, `cl`, `reference_cd` and
      `reference_cl`, as `refine` returns them. What is unknown is `None`.

    **Raises:** `ValueError` if there are none.
    """
    if not rounds:
        raise ValueError("`refinement_figure` needs at least one round.")
    names = ("cd", "cl") if "cd" in rounds[0] else ("score",)
    figure = new_figure(7.0 if len(names) == 1 else 11.0, 4.4)
    grid = figure.add_gridspec(
        1, len(names), left=0.08, right=0.96, bottom=0.2, top=0.8, wspace=0.24
    )
    for index, name in enumerate(names):
        _draw(figure.add_subplot(grid[0, index]), rounds, name)
    plain_legend(figure.axes[0], loc="lower right" if names == ("score",) else "upper right")
    headline(figure, title, subtitle)
    return figure


def _draw(axes: Axes, rounds: Rounds, name: str) -> None:
    """A number of the champions, learned and true."""
    x = [row["round"] for row in rounds]
    learned, trusted = (_column(rounds, key) for key in (name, f"reference_{name}"))
    axes.vlines(x, learned, trusted, color=FAINT, linewidth=5)
    axes.plot(x, learned, "s--", color=CYCLE[1], label=_LEARNED)
    axes.plot(x, trusted, "o-", color=CYCLE[0], label="reference solver")
    style_curves(axes, title=_TITLES[name], xlabel="")
    axes.set_xticks(x, [f"round {row['round']}\n{row['lessons']} lessons" for row in rounds])
    axes.set_xlim(-0.3, max(x) + 0.3)
    axes.yaxis.set_major_locator(MaxNLocator(6))
    if name == "score":
        axes.set_ylim(-0.02, max(1.02, 1.05 * np.nanmax([*learned, *trusted])))
    else:
        axes.margins(y=0.3)  # room for the legend


def _column(rounds: Rounds, name: str) -> np.ndarray:
    return np.asarray([row[name] for row in rounds], float)  # `None` becomes NaN
