"""Charts of Bokeh's, as JSON that its script draws."""

import itertools
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ..._extras import find_extra
from ...viz._style import CYCLE
from ...viz.exhibit import Line, Plot
from ._blocks import Chart

COLORS = CYCLE[:7]  # black would not be seen on dark paper
# What charts can be drawn against, by columns of the history.
AXES = {
    "charged_steps": "charged simulator steps",
    "simulator_steps": "simulator steps",
    "iteration": "iteration",
    "seconds": "seconds",
}
_HEIGHT = 250
_LINE = 20  # pixels of a line of a legend
# Bokeh writes a color of its own, which would not follow the page's.
_LEGEND = ".bk-label { color: var(--ink) !important; } .bk-inactive { opacity: 0.4; }"
Columns = Mapping[str, Any]


def _bokeh(part: str) -> Any:
    """A part of Bokeh."""
    find_extra("bokeh", "report")  # says how to get all of it
    return find_extra(f"bokeh.{part}", "report")


def new_figure(target: str, *, xlabel: str, ylabel: str = "", height: int = _HEIGHT, **more: Any):
    """An empty figure as wide as its place; dragging belongs to the page until a tool is chosen."""
    figure = _bokeh("plotting").figure(
        height=height, sizing_mode="stretch_width", toolbar_location="above", active_drag=None,
        active_scroll=None, tools="pan,box_zoom,wheel_zoom,reset,save", **more,
    )  # fmt: skip
    figure.toolbar.logo = None
    figure.toolbar.autohide = True
    figure.xaxis.axis_label, figure.yaxis.axis_label = xlabel, ylabel or None
    figure.xaxis.tags = [target]
    for axis in (*figure.xaxis, *figure.yaxis):
        axis.minor_tick_line_color = None
        axis.axis_label_text_font_style = "normal"
        axis.axis_label_text_font_size = axis.major_label_text_font_size = "12px"
    figure.ygrid.grid_line_alpha = figure.xgrid.grid_line_alpha = 0.7
    return figure


def count_along(figure: Any) -> None:
    """Large counts on the horizontal axis as 12k."""
    figure.xaxis.formatter = _bokeh("models").NumeralTickFormatter(format="0.[00]a")


def source(target: str, columns: Columns) -> Any:
    """Columns of one length; those `NAME@AXIS` are `NAME` when the axis is chosen."""
    first = next(iter(AXES))
    chosen = {k.split("@")[0]: v for k, v in columns.items() if k.endswith(f"@{first}")}
    data = {key: np.asarray(value) for key, value in {**columns, **chosen}.items()}
    return _bokeh("models").ColumnDataSource(data, tags=[target])


def hover(figure: Any, renderers: Sequence[Any], tooltips: Sequence[tuple[str, str]], **more: Any):
    """Say what is under the pointer."""
    made = _bokeh("models").HoverTool(renderers=list(renderers), tooltips=list(tooltips), **more)
    figure.add_tools(made)


def dress_legend(figure: Any) -> None:
    """A light legend below the curves, a click on which hides what it names."""
    legend = figure.legend[0]
    legend.click_policy, legend.location = "hide", "top_left"
    legend.label_text_font_size = "12px"
    legend.border_line_color = legend.background_fill_color = legend.inactive_fill_color = None
    legend.spacing, legend.padding, legend.margin = 0, 2, 0
    legend.glyph_width, legend.glyph_height = 20, 18
    legend.stylesheets = [_LEGEND]
    figure.add_layout(legend, "below")
    figure.height += _LINE * len(legend.items)


def chart(title: str, target: str, figure: Any) -> Chart:
    """A figure as JSON."""
    return Chart(title, target, _bokeh("embed").json_item(figure, target))


def history_chart(
    title: str, target: str, columns: Columns, drawn: Sequence[tuple[str, str]], **more: Any
) -> Chart:
    """Columns of a history against an axis that can be chosen.

    **Arguments:** `drawn`: names of columns, and what they are called.
    """
    figure = new_figure(target, xlabel=next(iter(AXES.values())), **more)
    data = {f"x@{axis}": columns[axis] for axis in AXES}
    data |= {name: _known(columns[name]) for name, _ in drawn}
    data["iteration"] = columns["iteration"]
    own = source(target, data)
    count_along(figure)
    lines = [
        figure.line("x", name, source=own, color=color, line_width=width, legend_label=label)
        for (name, label), color, width in zip(drawn, COLORS, (2.2, 1.2), strict=False)
    ]
    figure.scatter("x", drawn[0][0], source=own, color=COLORS[0], size=4)
    if len(drawn) == 1:
        figure.legend.visible = False
    else:
        dress_legend(figure)
    tips = [("iteration", "@iteration")] + [
        (label, f"@{{{name}}}{{0.0000a}}") for name, label in drawn
    ]
    hover(figure, lines[:1], tips, mode="vline")
    return chart(title, target, figure)


def _known(values: Any) -> np.ndarray:
    """Numbers with NaN, where lines have gaps, for what is infinite."""
    values = np.asarray(values, float)
    return np.where(np.isfinite(values), values, np.nan)


def _narrow(colored: tuple[Line, str]) -> bool:
    return not colored[0].wide


def plot_chart(plot: Plot, target: str) -> Chart:
    """A plot of a family."""
    figure = new_figure(target, xlabel=plot.xlabel, ylabel=plot.ylabel)
    figure.y_range.flipped = plot.flipped
    lines = []
    # Wide pale ones first: the others are seen on them.
    colored = sorted(zip(plot.lines, itertools.cycle(COLORS), strict=False), key=_narrow)
    for line, color in colored:
        data = {"x": line.place, "y": _known(line.values), "of": [line.name] * len(line.place)}
        look = {"line_width": 5, "alpha": 0.45} if line.wide else {"line_width": 2}
        own = source(target, data)
        lines.append(figure.line("x", "y", source=own, color=color, legend_label=line.name, **look))
    dress_legend(figure)
    tips = [("", "@of"), (plot.xlabel, "@x{0.000}"), (plot.ylabel, "@y{0.0000}")]
    hover(figure, lines, tips)
    return chart(plot.title, target, figure)
