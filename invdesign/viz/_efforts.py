"""What optimizers reach against what they spend, through one simulator beside another."""

from collections.abc import Mapping, Sequence

from matplotlib.figure import Figure

from ._curves_of_runs import Curve, draw_scores, legend_of, looks_of
from ._style import count, headline, new_figure, style_curves


def efforts_figure(
    panels: Mapping[str, Sequence[Curve]], *, title: str, subtitle: str = ""
) -> Figure:
    """The champion's score against charged simulator steps, median and quartiles over seeds.

    One panel a simulator; one color and one end marker an optimizer, the same in all panels.

    **Arguments:**

    - `panels`: by their titles, a curve a run.

    **Raises:** `ValueError` if there are no panels, or one without runs.
    """
    if not panels or not all(panels.values()):
        raise ValueError("`efforts_figure` needs panels with at least one run each.")
    looks = looks_of([run for runs in panels.values() for run in runs])
    figure = new_figure(12.0, 5.0)
    grid = figure.add_gridspec(
        1, len(panels), left=0.055, right=0.81, top=0.8, bottom=0.11, wspace=0.12
    )
    for index, (name, runs) in enumerate(panels.items()):
        axes = figure.add_subplot(grid[0, index])
        draw_scores(axes, runs, looks)
        style_curves(axes, title=name, xlabel="charged simulator steps")
        axes.xaxis.set_major_formatter(lambda number, _: count(number))
        axes.set_ylim(-0.02, 1.02)
        axes.set_xlim(left=0)
    legend_of(figure, looks, 0.82)
    headline(figure, title, subtitle)
    return figure
