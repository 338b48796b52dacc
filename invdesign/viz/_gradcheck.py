"""How far a gradient can be trusted over the horizon."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ._style import (
    CYCLE,
    MARKERS,
    MUTED,
    headline,
    log_axis,
    new_figure,
    plain_legend,
    style_curves,
)

Row = Mapping[str, Any]


def _line(axes: Axes, x: Any, y: Any, look: int, **options: Any) -> None:
    x, y = np.asarray(x, float), np.asarray([np.nan if v is None else v for v in y], float)
    known = np.isfinite(y)
    options = {"color": CYCLE[look], "marker": MARKERS[look], "markersize": 5, **options}
    axes.plot(x[known], y[known], linewidth=1.6, **options)


def _sweep(axes: Axes, rows: Sequence[Row]) -> None:
    for look, row in enumerate(row for row in rows if row.get("sweep")):
        steps = [entry["step"] for entry in row["sweep"]]
        errors = [entry["relative_error"] for entry in row["sweep"]]
        errors = [error or None for error in errors]  # no place for zero on a logarithmic axis
        _line(axes, steps, errors, look % len(CYCLE), label=str(row["horizon"]))
    drawn = any(len(line.get_xdata()) for line in axes.lines)  # pyright: ignore
    axes.set(xscale="log", yscale="log" if drawn else "linear")
    axes.margins(x=0.1)
    axes.minorticks_off()
    if axes.lines:
        plain_legend(axes, title="horizon")
    style_curves(
        axes,
        title="Relative error by step size",
        xlabel="finite-difference step (parameters' unit)",
    )


def _horizons(axes: Axes, rows: Sequence[Row], title: str) -> None:
    horizons = [row["horizon"] for row in rows]
    axes.set(xscale="log", xlim=(0.8 * horizons[0], 1.25 * horizons[-1]))
    axes.minorticks_off()
    axes.set_xticks(horizons, [str(horizon) for horizon in horizons])
    style_curves(axes, title=title, xlabel="horizon (steps)")


def _cosine(axes: Axes, rows: Sequence[Row]) -> None:
    horizons = [row["horizon"] for row in rows]
    _line(axes, horizons, [row["cosine"] for row in rows], 0, label="best step size")
    # Dashed and hollow: the two often coincide.
    hollow = {"markerfacecolor": "none", "markersize": 8, "linestyle": (0, (3, 2))}
    coarse = [row.get("cosine_coarse") for row in rows]
    if any(cosine is not None for cosine in coarse):
        _line(axes, horizons, coarse, 1, label="step of 0.01", **hollow)
    axes.axhline(1.0, color=MUTED, linewidth=0.8, linestyle=(0, (4, 3)), zorder=1)
    axes.set_ylim(min(0.0, axes.get_ylim()[0]), 1.05)
    _horizons(axes, rows, "Cosine with finite differences")
    plain_legend(axes, loc="lower left")


def gradcheck_figure(
    rows: Sequence[Row], *, title: str, subtitle: str = "", first_nonfinite: int | None = None
) -> Figure:
    """Automatic gradient against central finite differences, over the horizon.

    **Arguments:**

    - `rows`: one mapping a horizon with `horizon`, `cosine`, `relative_error` and
      `gradient_norm`; optionally `cosine_coarse`, the cosine at the step an optimizer takes, and
      `sweep`, a list of mappings with `step` and `relative_error`. `None` and NaN are left out.
    - `title`, `subtitle`: the two lines above.
    - `first_nonfinite`: the first horizon whose gradient is not finite, if any, as a mark.

    **Raises:** `ValueError` if there are no rows.
    """
    if not rows:
        raise ValueError("`gradcheck_figure` needs at least one row.")
    rows = sorted(rows, key=lambda row: row["horizon"])
    figure = new_figure(12.6, 4.4)
    grid = figure.add_gridspec(1, 3, left=0.05, right=0.985, top=0.78, bottom=0.125, wspace=0.2)
    sweep, cosine, norm = (figure.add_subplot(grid[0, i]) for i in range(3))
    _sweep(sweep, rows)
    _cosine(cosine, rows)
    norms = [row["gradient_norm"] or None for row in rows]
    _line(norm, [row["horizon"] for row in rows], norms, 2)
    if any(norms):
        log_axis(norm.yaxis)
    _horizons(norm, rows, "Gradient norm")
    if first_nonfinite is not None:
        norm.axvline(first_nonfinite, color=CYCLE[1], linewidth=1.2, label="first non-finite")
        plain_legend(norm)
    headline(figure, title, subtitle)
    return figure
