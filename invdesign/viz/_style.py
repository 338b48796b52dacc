"""One look for all figures; nothing here touches matplotlib's global state."""

import io
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, NullLocator

from ..io._atomic import write_bytes

INK = "#1f2933"
MUTED = "#6b7680"
FAINT = "#d9dee3"
PAPER = "#ffffff"
WATER = "#0f6cbd"
WATER_OUTSIDE = "#5b9fd8"
SURFACE = "#8cbdea"  # of water, under its particles
SURFACE_OUTSIDE = "#cbe1f5"
GOAL_FILL = "#dff3df"
GOAL_EDGE = "#3a9146"
OBSTACLE = "#9aa3ab"

# Okabe and Ito (2008): told apart under every common kind of color blindness.
CYCLE = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#7f7f7f", "#000000")
MARKERS = ("o", "s", "^", "D", "v", "P", "X", "*")

# Of the width of a figure, that a line of its head may take: letters are wider in its file.
_LINE = 0.9


def new_figure(width: float, height: float) -> Figure:
    """An empty figure of a size in inches, drawn by Agg whatever the machine's display."""
    figure = Figure(figsize=(width, height), facecolor=PAPER)
    FigureCanvasAgg(figure)
    return figure


def headline(figure: Figure, title: str, subtitle: str = "") -> None:
    """A title at the top left with a smaller, lighter line under it, as small as the width asks."""
    height = figure.get_figheight()
    for text, down, size, color, weight in (
        (title, 0.14, 14.0, INK, "bold"),
        (subtitle, 0.46, 9.5, MUTED, "normal"),
    ):
        line = figure.text(0.02, 1 - down / height, text, va="top", color=color, weight=weight)
        line.set_fontsize(size)
        share = line.get_window_extent().width / figure.bbox.width
        line.set_fontsize(size * min(1.0, _LINE / max(share, 1e-9)))


def style_curves(axes: Axes, *, title: str, xlabel: str, ylabel: str = "") -> None:
    """Axes for curves: a light grid behind, no box around."""
    axes.set_title(title, size=10.5, color=INK, loc="left", weight="bold")
    axes.set_xlabel(xlabel, size=9, color=MUTED)
    axes.set_ylabel(ylabel, size=9, color=MUTED)
    axes.grid(color=FAINT, linewidth=0.7)
    axes.set_axisbelow(True)
    axes.tick_params(colors=MUTED, labelsize=8, length=0)
    for side, spine in axes.spines.items():
        spine.set_visible(side == "bottom")
        spine.set_color(FAINT)


def log_axis(axis: Axis) -> None:
    """A logarithmic axis with a few plain numbers, over less than a decade, too."""
    axis.axes.set(**{f"{axis.axis_name}scale": "log"})  # pyright: ignore[reportAttributeAccessIssue]
    low, high = np.log10(axis.get_view_interval())
    axis.set_major_locator(LogLocator(subs=(1.0,) if high - low > 2 else (1.0, 2.0, 5.0)))
    axis.set_major_formatter(lambda number, _: f"{number:g}")
    axis.set_minor_locator(NullLocator())


def plain_legend(axes: Axes, **options: Any) -> None:
    """A legend without a frame, if there is anything to explain."""
    if axes.get_legend_handles_labels()[0]:
        axes.legend(frameon=False, fontsize=8.5, labelcolor=INK, **options)


def count(number: float) -> str:
    """A large count for people, e.g. `12.3k`."""
    for size, sign in ((1e6, "M"), (1e3, "k")):
        if abs(number) >= size:
            return f"{number / size:.3g}{sign}"
    return f"{number:g}"


def save_figure(path: str | Path, figure: Figure, *, dpi: int = 130) -> Path:
    """Write a figure as PNG or SVG, by the file's ending, atomically; the same figure gives the
    same bytes."""
    vector = Path(path).suffix == ".svg"
    buffer = io.BytesIO()
    # Neither the time nor random names of parts, which SVG has by default.
    metadata = {"Date": None} if vector else {"Software": None}
    with rc_context({"svg.hashsalt": "invdesign"}):
        figure.savefig(
            buffer, format="svg" if vector else "png", dpi=dpi, facecolor=PAPER, metadata=metadata
        )
    return write_bytes(path, buffer.getvalue())
