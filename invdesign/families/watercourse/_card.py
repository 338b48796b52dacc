"""The card of a model of watercourses: a page with pictures."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ...io._atomic import write_json, write_text
from ...viz import save_figure
from ...viz._style import CYCLE, FAINT, INK, MUTED, headline, new_figure
from .._card_folder import card_folder
from ._agreement import SECTORS, Landed
from ._course import FLOOR
from ._evaluate import CourseRecord

_LINES = (
    ("agreement", "Agreement: water in the same sector, or still on its way in both", ""),
    ("landed_error", "Share landed, error", ""),
    ("place_error", "Mean landing point, error", " m"),
    ("sector_error", "Shares in 12 sectors, sum of errors", ""),
    ("time_error", "Mean time of landing, error", " s"),
)
_HEAD = (
    "Means over landscapes of kinds that training never shows: troughs, cones, saddles and "
    "spirals. All shares are of the emitted water; the landscape is one metre wide. The chaos "
    "floor is the solver run again with each particle started up to a millimetre off along each "
    "axis. Particles that slip alone are the path that the network corrects, without any others: "
    "what the model has learned is the difference to that."
)


def write_course_card(
    out: Path,
    name: str,
    metrics: Mapping[str, float],
    records: Sequence[CourseRecord],
    *,
    about: Mapping[str, Any],
    notes: str = "",
) -> Path:
    """Write `card.md`, `metrics.json` and a picture of the best, the median and the worst landing.

    **Arguments:** as `evaluate_courses` returns them; `about`: facts for the head; `notes`:
    Markdown for the end.

    **Returns:** the card.

    **Raises:** `ValueError` if a file cannot be written.
    """
    out = card_folder(out)
    figure = save_figure(out / "landings.png", _figure(records))
    rows = [
        f"| {meaning} (`{key}`) | {metrics[key]:.3g}{unit} | {metrics[f'{key}_floor']:.3g}{unit} | "
        f"{metrics[f'{key}_alone']:.3g}{unit} |"
        for key, meaning, unit in _LINES
    ]
    text = [
        f"# {name}",
        "",
        *[f"- {key}: {value}" for key, value in about.items()],
        f"- landscapes: {len(records)} held out",
        "",
        _HEAD,
        "",
        "| | model | chaos floor | slipping alone |",
        "|---|---|---|---|",
        *rows,
        "",
        f"Landed by the end: {metrics['landed']:.3f} of the water, in the solver "
        f"{metrics['landed_truth']:.3f}; spread of the landing points {metrics['spread']:.3f} and "
        f"{metrics['spread_truth']:.3f} m. Lost particles: {metrics['num_lost']:.0f}; through the "
        f"landscape: {metrics['num_below']:.0f}. A frame takes "
        f"{1e3 * metrics['model_seconds_per_step']:.0f} ms, of the solver "
        f"{1e3 * metrics['solver_seconds_per_step']:.0f} ms.",
        "",
        f"![{figure.stem}]({figure.name})",
        "",
        *([notes.rstrip(), ""] if notes else []),
    ]
    write_json(out / "metrics.json", metrics)
    return write_text(out / "card.md", "\n".join(text))


def _figure(records: Sequence[CourseRecord]) -> Figure:
    """Landing points from above, and shares in sectors: a column a landscape."""
    order = np.argsort([record.error for record in records]).tolist()
    ranks = sorted({0, (len(order) - 1) // 2, len(order) - 1})
    side, wide = 3.1, 3.1 * len(ranks) + 0.3
    figure = new_figure(max(wide, 6.5), side + 2.6)
    grid = figure.add_gridspec(
        2, len(ranks), height_ratios=(side, 1.3), left=0.07, right=0.98, bottom=0.08,
        top=1 - 1.0 / (side + 2.6), hspace=0.16, wspace=0.12,
    )  # fmt: skip
    for column, rank in enumerate(ranks):
        record = records[order[rank]]
        axes = figure.add_subplot(grid[0, column])
        _draw_floor(axes, record)
        axes.set_title(f"rank {rank + 1} of {len(order)}", size=9.5, color=MUTED)
        _draw_sectors(figure.add_subplot(grid[1, column]), record, first=column == 0)
    headline(
        figure,
        "Where water lands on held-out landscapes",
        "Blue: the solver; orange: the model. Below: shares in sectors of 30 degrees.",
    )
    return figure


def _draw_floor(axes: Axes, record: CourseRecord) -> None:
    axes.imshow(
        record.heights.T, origin="lower", extent=(-0.5, 0.5, -0.5, 0.5), cmap="gray", alpha=0.55
    )
    for landed, color in ((record.truth, CYCLE[0]), (record.model, CYCLE[1])):
        axes.plot(*landed.place.T, ".", markersize=2.5, color=color, alpha=0.7)
    (low, low_z), (high, high_z) = FLOOR
    axes.set(
        xlim=(low - 0.5, high - 0.5), ylim=(low_z - 0.5, high_z - 0.5), aspect="equal",
        xticks=[], yticks=[],
    )  # fmt: skip
    for spine in axes.spines.values():
        spine.set_color(FAINT)


def _draw_sectors(axes: Axes, record: CourseRecord, *, first: bool) -> None:
    middle = (np.arange(SECTORS) + 0.5) * 360 / SECTORS

    def bars(landed: Landed, shift: float, color: str) -> None:
        axes.bar(middle + shift, landed.sectors, width=11, color=color)

    bars(record.truth, -5.5, CYCLE[0])
    bars(record.model, 5.5, CYCLE[1])
    axes.set(xlim=(0, 360), xticks=[0, 90, 180, 270, 360])
    axes.tick_params(colors=MUTED, labelsize=8, length=0)
    if first:
        axes.set_ylabel("share", size=9, color=INK)
    for side, spine in axes.spines.items():
        spine.set_visible(side == "bottom")
        spine.set_color(FAINT)
