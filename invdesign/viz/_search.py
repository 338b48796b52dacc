"""The course of a search: best value and score over its iterations."""

from collections.abc import Mapping

import numpy as np
from matplotlib.axes import Axes

from ._style import CYCLE, MUTED, plain_legend, style_curves


def draw_search(axes: Axes, history: Mapping[str, np.ndarray]) -> None:
    """Columns `best_value` and `score` of a history over `iteration`.

    A line marks where the search leaves the lighter version of its task, if it begins in one.
    """
    for index, name in enumerate(("best_value", "score")):
        label = name.replace("_", " ")
        axes.plot(history["iteration"], history[name], color=CYCLE[index], label=label)
    first = _first_known(history["score"])
    if first:
        place = history["iteration"][first] - 0.5
        label = "end of the lighter version"
        axes.axvline(place, color=MUTED, linewidth=1.0, linestyle="--", label=label)
    style_curves(axes, title="Search", xlabel="iteration")
    plain_legend(axes)


def _first_known(scores: np.ndarray) -> int:
    """The first iteration that has a score; 0 if all have one, or none."""
    return int(np.isfinite(scores).argmax())
