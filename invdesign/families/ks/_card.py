"""The card of a model of fields: a page with a picture over space and time."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from ...io._atomic import write_json, write_text
from ...reference import KuramotoSivashinsky
from ...training.grid._skill import LEAST, correlations, frames_followed
from ...viz import save_figure
from ...viz._space_time import space_time_figure
from .._card_folder import card_folder
from ._evaluate import PERTURBATION, FieldRecords

# Name in `evaluate_fields`, what it means, and the solver's own number beside it.
LINES = (
    (
        "correlation_time",
        f"Time until the correlation is below {LEAST:g}, median",
        "correlation_time_floor",
    ),
    ("correlation_share", "The same over the solver's own", None),
    ("field_error_step", "Relative error after a frame on the attractor, median", None),
    (
        "field_error_20",
        "Relative error after 20 frames from a random start, median",
        "field_error_20_floor",
    ),
    ("field_error_40", "The same after 40 frames", "field_error_40_floor"),
    ("num_lost", "Trajectories that became not finite", None),
    ("model_seconds_per_step", "Seconds a frame", "solver_seconds_per_step"),
)


def write_field_card(
    out: str | Path,
    name: str,
    metrics: Mapping[str, float],
    records: FieldRecords,
    *,
    about: Mapping[str, Any],
    solver: KuramotoSivashinsky,
    notes: str = "",
) -> Path:
    """Write `card.md`, `metrics.json` and `space-time.png` into `out`.

    **Arguments:** `metrics`, `records`: as `evaluate_fields` returns them; `about`: further facts
    by name for the card's head; `notes`: Markdown for its end.

    **Returns:** the card.

    **Raises:** `ValueError` if a file cannot be written.
    """
    out = card_folder(out)
    figure = _draw(out, records, solver)
    rows = [
        f"| {meaning} (`{key}`) | {metrics[key]:.3g} | "
        f"{'' if floor is None else format(metrics[floor], '.3g')} |"
        for key, meaning, floor in LINES
    ]
    text = [
        f"# {name}",
        "",
        *[f"- {key}: {value}" for key, value in about.items()],
        "",
        "| | model | reference solver against itself |",
        "|---|---|---|",
        *rows,
        "",
        f"The right column is the chaos floor: the solver run again from a start that is "
        f"{PERTURBATION:g} off in the L2 norm (for seconds, the solver's own: on this equation no "
        "network is faster).",
        "",
        f"![{figure.stem}]({figure.name})",
        "",
        *([notes.rstrip(), ""] if notes else []),
    ]
    write_json(out / "metrics.json", dict(metrics))
    return write_text(out / "card.md", "\n".join(text))


def _draw(out: Path, records: FieldRecords, solver: KuramotoSivashinsky) -> Path:
    """The trajectory that is followed for the median time."""
    followed = frames_followed(records.model, records.truth)
    index = int(np.argsort(followed)[len(followed) // 2])
    truth, model, twin = (x[index] for x in (records.truth, records.model, records.twin))
    end = max(int(followed[index]) - 1, 0)
    alike = correlations(model, truth)[end]
    figure = space_time_figure(
        [
            ("reference solver", truth),
            ("model", model),
            ("model less solver", model - truth),
            ("solver's twin less solver", twin - truth),
        ],
        {"reference solver": truth[end], "model": model[end], "solver's twin": twin[end]},
        length=solver.length,
        dt=solver.dt,
        title="On the attractor, held out",
        subtitle=f"followed for {followed[index] * solver.dt:g} units of time, the median",
        curves_title=f"The last frame that counts as followed, correlation {float(alike):.2f}",
    )
    return save_figure(out / "space-time.png", figure)
