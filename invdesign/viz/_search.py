"""The course of a search: best value and score over its iterations."""

from collections.abc import Mapping

import numpy as np
from matplotlib.axes import Axes

from ._style import CYCLE, plain_legend, style_curves


def draw_search(axes: Axes, history: Mapping[str, np.ndarray]) -> None:
    """Columns `best_value` and `score` of a history over `iteration`."""
    for index, name in enumerate(("best_value", "score")):
        label = name.replace("_", " ")
        axes.plot(history["iteration"], history[name], color=CYCLE[index], label=label)
    style_curves(axes, title="Search", xlabel="iteration")
    plain_legend(axes)
