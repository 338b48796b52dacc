"""Model and solver drawing together, round by round of a refinement."""

from collections.abc import Mapping, Sequence
from typing import Any

from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from ._style import CYCLE, FAINT, headline, new_figure, plain_legend, style_curves


def refinement_figure(
    rounds: Sequence[Mapping[str, Any]], *, title: str, subtitle: str = ""
) -> Figure:
    """What the model promised and the solver found for the champion of each round.

    **Arguments:**

    - `rounds`: mappings with `round`, `score`, `reference_score` and `lessons` (trajectories that
      the model had learned from), as `refine` returns them.

    **Raises:** `ValueError` if there are none.
    """
    if not rounds:
        raise ValueError("`refinement_figure` needs at least one round.")
    x = [row["round"] for row in rounds]
    learned = [row["score"] for row in rounds]
    trusted = [row["reference_score"] for row in rounds]
    figure = new_figure(7.0, 4.4)
    axes = figure.add_axes((0.08, 0.2, 0.88, 0.6))
    axes.vlines(x, learned, trusted, color=FAINT, linewidth=5)
    axes.plot(x, learned, "s--", color=CYCLE[1], label="model, before it learns from the round")
    axes.plot(x, trusted, "o-", color=CYCLE[0], label="reference solver")
    style_curves(axes, title="champion's score on unseen conditions", xlabel="")
    axes.set_xticks(x, [f"round {row['round']}\n{row['lessons']} lessons" for row in rounds])
    axes.set_ylim(-0.02, 1.02)
    axes.set_xlim(-0.3, max(x) + 0.3)
    axes.yaxis.set_major_locator(MaxNLocator(6))
    plain_legend(axes, loc="lower right")
    headline(figure, title, subtitle)
    return figure
