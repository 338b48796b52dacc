"""`figure.png` and `animation.gif` of an airfoil run: the section, its flow, and the search."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from ..._solve import load_history
from ...io import read_run_directory
from ...io._atomic import write_bytes
from ...io._history import read_history
from ...io._reading import read_json
from ...scenes import SectionFlow
from ...viz._animation import even_frames, gif, picture
from ...viz._run_figure import known_number, run_subtitle
from ...viz._style import (
    CYCLE,
    FAINT,
    INK,
    MUTED,
    WATER_OUTSIDE,
    count,
    headline,
    log_axis,
    new_figure,
    plain_legend,
    save_figure,
    style_curves,
)
from ._flows_file import StoredFlows, read_flows
from ._grids import GRIDS
from ._panels import LEARNED, REFERENCE, draw_field, draw_pressure, draw_shear

INITIAL = {"color": MUTED, "linewidth": 1.2, "linestyle": ":"}
History = Mapping[str, np.ndarray]
_MAX_FRAMES = 60


def foil_run_title(summary: Mapping[str, Any]) -> str:
    """One line with drag and lift before, after, and in the reference solver."""
    text = str(summary.get("task", "run"))
    if known_number(summary, "cd") is not None:
        text += f": drag {_shown(summary, 'cd_initial', 5)} → {_shown(summary, 'cd', 5)}"
        text += f" at lift {_shown(summary, 'cl', 3)}"
    if known_number(summary, "reference_cd") is not None:
        text += f"; in OpenFOAM {_shown(summary, 'reference_cd', 5)}"
        text += f" at {_shown(summary, 'reference_cl', 3)}"
    return text


def _shown(summary: Mapping[str, Any], key: str, digits: int) -> str:
    value = known_number(summary, key)
    return "?" if value is None else f"{value:.{digits}f}"


def foil_run_figure(
    stored: StoredFlows,
    history: History,
    summary: Mapping[str, Any],
    grids: Sequence[Mapping[str, Any]] = (),
) -> Figure:
    """The picture of an airfoil run: sections, walls, fields, search and polars.

    **Arguments:** `history`: the columns of `history.csv`; `summary`: what is known of the keys of
    `verification.json` and of the configuration; `grids`: the rows of
    `grids.csv`, if there are any.
    """
    figure = new_figure(13.2, 10.4)
    grid = figure.add_gridspec(
        3, 3, left=0.055, right=0.955, top=0.89, bottom=0.05, wspace=0.24, hspace=0.32,
        height_ratios=(1, 0.85, 0.9),
    )  # fmt: skip
    cells = [[figure.add_subplot(grid[row, column]) for column in range(3)] for row in range(3)]
    draw_sections(cells[0][0], stored.initial, stored.simulated)
    whose = "OpenFOAM" if summary.get("simulator") == "reference" else "learned"
    _draw_walls(cells[0][1], cells[0][2], stored, whose)
    _draw_fields(cells[1], stored, whose)
    draw_search(cells[2][0], cells[2][1], history)
    draw_polars(cells[2][2], stored, whose)
    _draw_finest(cells[2][2], grids)
    plain_legend(cells[2][2], loc="lower right")
    headline(figure, foil_run_title(summary), run_subtitle(summary))
    return figure


def draw_sections(axes: Axes, first: SectionFlow, last: SectionFlow) -> None:
    """The optimized section over the outline of the first one, to scale."""
    surface = np.asarray(last.nodes[0])
    axes.fill(*surface.T, facecolor=WATER_OUTSIDE, edgecolor=CYCLE[0], linewidth=1.4)
    start = np.asarray(first.nodes[0])
    axes.plot(*np.concatenate([start, start[:1]]).T, label="initial", **INITIAL)
    style_curves(axes, title="Section, to scale", xlabel="chords")
    axes.set_aspect("equal")
    axes.set_xlim(-0.02, 1.02)
    plain_legend(axes, loc="lower right", bbox_to_anchor=(1.0, 1.0))


def _draw_walls(pressure: Axes, shear: Axes, stored: StoredFlows, whose: str) -> None:
    for axes, draw in ((pressure, draw_pressure), (shear, draw_shear)):
        draw(axes, stored.initial, label=f"initial, {whose}", **INITIAL)
        if stored.reference is not None:
            draw(axes, stored.reference, label="optimized, OpenFOAM", **REFERENCE)
        draw(axes, stored.simulated, label=f"optimized, {whose}", **LEARNED)
        axes.set_xlim(-0.02, 1.02)
    style_curves(pressure, title="Pressure coefficient", xlabel="position along the chord")
    style_curves(shear, title="Friction coefficient", xlabel="position along the chord")
    plain_legend(pressure, loc="upper right")


def _draw_fields(panels: list[Axes], stored: StoredFlows, whose: str) -> None:
    """Pressure around the sections, in the same colors."""
    shown = [
        (f"Initial, {whose}", stored.initial),
        (f"Optimized, {whose}", stored.simulated),
        ("Optimized, OpenFOAM", stored.reference),
    ]
    last = stored.simulated
    low, high = np.quantile(_coefficient(last), [0.002, 0.998]).tolist()
    for axes, (title, flow) in zip(panels, shown, strict=True):
        if flow is None:
            missing = "not verified: no OpenFOAM here" if whose == "learned" else ""
            axes.axis("off")
            axes.text(0.5, 0.5, missing, color=MUTED, ha="center", va="center")
            continue
        drawn = draw_field(axes, flow, _coefficient(flow), bounds=(low, high))
        axes.set_title(f"{title}: pressure", size=10.5, color=INK, loc="left", weight="bold")
        axes.set_aspect("equal")
        bar = axes.figure.colorbar(drawn, ax=axes, fraction=0.03, pad=0.02, format="%.2g")
        bar.outline.set_visible(False)  # pyright: ignore[reportCallIssue]
        bar.ax.tick_params(labelsize=8, colors=MUTED, length=0)


def _coefficient(flow: SectionFlow) -> np.ndarray:
    return np.asarray(flow.pressure) / (0.5 * float(np.sum(np.asarray(flow.stream) ** 2)))


def draw_search(value: Axes, violation: Axes, history: History) -> None:
    """Value and violation of the constraints of the champion against simulator steps."""
    steps = np.asarray(history["simulator_steps"], float)
    for name, look in (
        ("value", {"color": CYCLE[5], "linewidth": 1.0, "label": "this iteration's"}),
        ("best_value", {"color": CYCLE[0], "linewidth": 1.6, "label": "champion's"}),
    ):
        column = np.asarray(history[name], float)
        known = np.isfinite(column)
        value.plot(steps[known], column[known], **look)
    low, high = float(np.nanmin(history["best_value"])), float(np.nanmax(history["best_value"]))
    margin = 0.1 * max(high - low, 1e-6)
    value.set_ylim(low - margin, high + margin)  # what a line search tried further up is no news
    missed = np.maximum(np.asarray(history["violation"], float), 1e-2)
    known = np.isfinite(missed)
    violation.plot(steps[known], missed[known], color=CYCLE[1], linewidth=1.6)
    violation.axhline(1.0, color=FAINT, linewidth=1.2)
    violation.text(steps[0], 1.1, "met below this line", color=MUTED, size=8)
    log_axis(violation.yaxis)
    style_curves(value, title="Value (drag over its unit)", xlabel="simulator steps")
    style_curves(
        violation, title="Champion's violation over its tolerance", xlabel="simulator steps"
    )
    for axes in (value, violation):
        axes.xaxis.set_major_formatter(lambda number, _: count(number))
    plain_legend(value, loc="upper right")


def draw_polars(axes: Axes, stored: StoredFlows, whose: str) -> None:
    """Lift against drag; of a verified section also how far the grid moves it."""
    finer = stored.reference_polar if whose == "learned" else stored.simulated_polar
    if stored.coarse_polar is not None and finer is not None:
        known = np.isfinite(np.asarray(finer) * np.asarray(stored.coarse_polar)).all(axis=1)
        label = f"to OpenFOAM on {stored.simulated.pressure.size:,} cells"
        edges = np.concatenate(
            [np.asarray(finer)[known], np.asarray(stored.coarse_polar)[known][::-1]]
        )
        axes.fill(edges[:, 2], edges[:, 1], color=FAINT, linewidth=0, label=label)
    for polar, label, look in (
        (stored.initial_polar, f"initial, {whose}", INITIAL),
        (stored.reference_polar, "optimized, OpenFOAM", REFERENCE),
        (stored.simulated_polar, f"optimized, {whose}", LEARNED),
    ):
        if polar is not None:
            rows = np.asarray(polar)
            axes.plot(rows[:, 2], rows[:, 1], label=label, **look)
    axes.xaxis.set_major_locator(MaxNLocator(5))
    style_curves(axes, title="Polar, -2 to 8 degrees", xlabel="drag", ylabel="lift")


def _draw_finest(axes: Axes, grids: Sequence[Mapping[str, Any]]) -> None:
    """Where the finest grid of a run's table sees the first and the last section."""
    finest = max((row["cells"] for row in grids), default=None)
    for name, color in (("initial", MUTED), ("optimized", INK)):
        found = [r for r in grids if r["section"] == name and r["cells"] == finest]
        for row in found:
            label = f"{name}, {finest:,} cells"
            axes.plot(row["drag"], row["lift"], "x", color=color, markersize=7, label=label)


def foil_animation(stored: StoredFlows, history: History) -> bytes:
    """The section as the search went on, beside its value, as a GIF."""
    shapes, values = np.asarray(stored.shapes), np.asarray(history["best_value"], float)
    number = min(len(shapes), len(values))
    figure = new_figure(8.4, 3.0)
    canvas = FigureCanvasAgg(figure)
    left = figure.add_axes((0.06, 0.17, 0.5, 0.68))
    right = figure.add_axes((0.63, 0.17, 0.35, 0.68))
    pictures = []
    for index in even_frames(number, _MAX_FRAMES):
        left.clear()
        right.clear()
        left.fill(*shapes[index].T, facecolor=WATER_OUTSIDE, edgecolor=CYCLE[0], linewidth=1.4)
        left.plot(*np.concatenate([shapes[0], shapes[0][:1]]).T, **INITIAL)
        left.set(xlim=(-0.02, 1.02), ylim=(-0.12, 0.16), aspect="equal")
        style_curves(left, title=f"Iteration {index}", xlabel="chords")
        right.plot(values[:number], color=FAINT, linewidth=1.6)
        right.plot(values[: index + 1], color=CYCLE[0], linewidth=1.6)
        style_curves(right, title="Champion's value", xlabel="iteration")
        pictures.append(picture(canvas))
    return gif(pictures, 0.12)


def render_foil_run(directory: str | Path) -> tuple[Path, Path]:
    """Write `figure.png` and `animation.gif` of an airfoil run from its files.

    **Raises:** `ValueError` with the file and the reason if one is missing or damaged.
    """
    run = read_run_directory(directory)
    verified = read_json(run / "verification.json") if (run / "verification.json").exists() else {}
    summary = {**run.configuration, **verified}
    stored = read_flows(run / "flows.npz")
    history = load_history(run / "history.csv").columns
    grids = read_history(run / GRIDS) if (run / GRIDS).exists() else []
    return (
        save_figure(run / "figure.png", foil_run_figure(stored, history, summary, grids)),
        write_bytes(run / "animation.gif", foil_animation(stored, history)),
    )
