"""Learned flows around sections beside solved ones."""

import dataclasses
from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from ...scenes import SectionFlow
from ...viz._style import INK, MUTED, headline, new_figure, plain_legend, style_curves
from ._panels import LEARNED, REFERENCE, draw_field, draw_pressure, draw_section, draw_shear


@dataclasses.dataclass(frozen=True)
class FoilPair:
    """A learned flow and the solved one, with two lines to put above them."""

    learned: SectionFlow
    reference: SectionFlow
    title: str
    subtitle: str = ""


def walls_figure(pairs: Sequence[FoilPair], *, title: str, subtitle: str = "") -> Figure:
    """Pressure and friction along the chord, the learned flow over the solved one.

    One column a pair, its section at the bottom.

    **Raises:** `ValueError` if there are no pairs.
    """
    if not pairs:
        raise ValueError("`walls_figure` needs at least one pair of flows.")
    figure = new_figure(1.2 + 3.9 * len(pairs), 7.0)
    grid = figure.add_gridspec(
        3,
        len(pairs),
        left=0.07 if len(pairs) > 1 else 0.13,
        right=0.985,
        top=0.8,
        bottom=0.03,
        height_ratios=(1, 0.8, 0.3),
        wspace=0.16,
        hspace=0.3,
    )
    for column, pair in enumerate(pairs):
        first, second, third = (figure.add_subplot(grid[row, column]) for row in range(3))
        for axes, draw in ((first, draw_pressure), (second, draw_shear)):
            draw(axes, pair.reference, label="reference solver", **REFERENCE)
            draw(axes, pair.learned, label="learned", **LEARNED)
            axes.set_xlim(-0.02, 1.02)
        label = "pressure coefficient" if column == 0 else ""
        style_curves(first, title="", xlabel="", ylabel=label)
        _two_lines(first, pair.title, pair.subtitle)
        label = "friction coefficient" if column == 0 else ""
        style_curves(second, title="", xlabel="position along the chord", ylabel=label)
        _section_below(third, pair.reference)
        if column == 0:
            plain_legend(first, loc="lower right")
    headline(figure, title, subtitle)
    return figure


def _section_below(axes: Axes, flow: SectionFlow) -> None:
    """The section in its true proportions, its chord as long as that of the curves above."""
    draw_section(axes, flow, clip_on=False)
    box, figure = axes.get_position(original=True), axes.figure
    height = 1.04 * box.height / box.width * figure.get_figheight() / figure.get_figwidth()  # pyright: ignore[reportAttributeAccessIssue]
    y = np.asarray(flow.nodes[0])[:, 1]
    middle = 0.5 * float(y.min() + y.max())
    axes.set(xlim=(-0.02, 1.02), ylim=(middle - 0.5 * height, middle + 0.5 * height), aspect="auto")
    axes.axis("off")


def _two_lines(axes: Axes, title: str, subtitle: str) -> None:
    axes.text(
        0, 1.13, title, transform=axes.transAxes, size=10.5, weight="bold", color=INK, va="bottom"
    )
    axes.text(0, 1.03, subtitle, transform=axes.transAxes, size=8.5, color=MUTED, va="bottom")


def flow_figure(pair: FoilPair) -> Figure:
    """Pressure and speed: learned, solved, and the difference in colors of its own."""
    figure = new_figure(13.2, 6.4)
    grid = figure.add_gridspec(
        2, 3, left=0.02, right=0.95, top=0.84, bottom=0.02, wspace=0.1, hspace=0.12
    )
    scale = float(np.linalg.norm(np.asarray(pair.reference.stream)))
    rows = {
        "pressure coefficient": [np.asarray(f.pressure) / (0.5 * scale**2) for f in _both(pair)],
        "speed over the stream's": [
            np.linalg.norm(np.asarray(f.velocity), axis=-1) / scale for f in _both(pair)
        ],
    }
    for row, (name, (learned, reference)) in enumerate(rows.items()):
        low, high = np.quantile(reference, [0.002, 0.998]).tolist()
        off = learned - reference
        most = max(float(np.quantile(np.abs(off), 0.995)), 1e-6)
        panels = (
            (f"Learned: {name}", learned, (low, high), "viridis"),
            (f"Reference: {name}", reference, (low, high), "viridis"),
            ("Learned minus reference", off, (-most, most), "RdBu_r"),
        )
        for column, (heading, values, bounds, cmap) in enumerate(panels):
            axes = figure.add_subplot(grid[row, column])
            drawn = draw_field(axes, pair.reference, values, bounds=bounds, cmap=cmap)
            axes.set_title(heading, size=10, color=INK, loc="left", weight="bold")
            bar = figure.colorbar(drawn, ax=axes, fraction=0.03, pad=0.02, format="%.3g")
            bar.set_ticks(_ticks(*bounds))
            bar.outline.set_visible(False)  # pyright: ignore[reportCallIssue]
            bar.ax.tick_params(labelsize=8, colors=MUTED, length=0)
    headline(figure, pair.title, pair.subtitle)
    return figure


def _ticks(low: float, high: float) -> list[float]:
    ticks = MaxNLocator(5).tick_values(low, high)
    return [float(tick) for tick in ticks if low <= tick <= high]


def _both(pair: FoilPair) -> tuple[SectionFlow, SectionFlow]:
    return pair.learned, pair.reference
