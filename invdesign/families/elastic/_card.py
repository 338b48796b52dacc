"""What is known of a learned simulator of strips, as a page with pictures."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ...io._atomic import write_json, write_text
from ...viz import save_figure
from ...viz._stage import moments_figure
from .._card_folder import card_folder
from .._staged_showing import standing_still
from ._drawing import StripStage
from ._evaluate import StripRecord

# Name in `evaluate_strips`, what it means, unit, and the springs' own number beside it.
_LINES = (
    ("node_error", "A node at the end, median error", "m", "node_floor"),
    ("node_error_all", "A node at any frame, median error", "m", "node_floor_all"),
    ("position_error", "Positions over all frames, root mean square error", "m", None),
    ("travel", "Way of a node until the end, median", "m", None),
    ("node_bar", "Bar for the first line: twice the twin's error and 2% of the way", "m", None),
    ("num_failed", "Rollouts that failed", "", None),
    ("model_seconds_per_step", "Time a step", "s", "solver_seconds_per_step"),
)


def write_strip_card(
    out: Path,
    name: str,
    metrics: Mapping[str, float],
    records: Sequence[StripRecord],
    *,
    about: Mapping[str, Any],
    dt: float,
    notes: str = "",
) -> Path:
    """Write `card.md`, `metrics.json` and pictures of the best, the median and the worst rollout.

    **Arguments:** as `evaluate_strips` returns them; `about`: facts for the head; `dt`: seconds a
    frame; `notes`: Markdown for the end.

    **Returns:** the card.

    **Raises:** `ValueError` if a file cannot be written.
    """
    out = card_folder(out)
    figures = _draw(out, records, dt)
    rows = []
    for key, meaning, unit, beside in _LINES:
        floor = "" if beside is None else f"{metrics[beside]:.3g} {unit}"
        rows.append(f"| {meaning} (`{key}`) | {metrics[key]:.3g} {unit} | {floor} |")
    text = [
        f"# {name}",
        "",
        *[f"- {key}: {value}" for key, value in about.items()],
        f"- scenes: {len(records)} random strips that training never shows",
        "",
        "| | model | springs against themselves |",
        "|---|---|---|",
        *rows,
        "",
        "The right column is the springs' twin: each free node started up to a thousandth of the "
        "strip's length off along either axis (for time, the springs' own).",
        "",
        *[f"![{path.stem}]({path.name})" for path in figures],
        "",
        *([notes.rstrip(), ""] if notes else []),
    ]
    write_json(out / "metrics.json", dict(metrics))
    return write_text(out / "card.md", "\n".join(text))


def _draw(out: Path, records: Sequence[StripRecord], dt: float) -> list[Path]:
    errors = [float(np.median(record.errors(record.model)[-1])) for record in records]
    order = np.argsort(errors).tolist()
    paths = []
    for rank in sorted({0, (len(order) - 1) // 2, len(order) - 1}):
        record = records[order[rank]]
        stage = StripStage(np.asarray(record.scene.edges), np.asarray(record.scene.kind))
        figure = moments_figure(
            stage,
            [("springs", record.truth), ("model", standing_still(record.model))],
            dt=dt,
            title=f"Held-out strip, rank {rank + 1} of {len(order)}",
            subtitle=f"half of the nodes are off by {errors[order[rank]]:.3f} m or more at the end",
        )
        paths.append(save_figure(out / f"rollout-{rank + 1:02d}.png", figure))
    return paths
