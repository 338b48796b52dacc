"""The card of a model of ropes: a page with pictures."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from ...io._atomic import write_json, write_text
from ...scenes import NodeKind
from ...viz import save_figure
from ...viz._stage import moments_figure
from .._card_folder import card_folder
from .._iterations import ITERATIONS
from .._staged_showing import standing_still
from ._drawing import RopeStage
from ._evaluate import LARGER, RopeRecords
from ._rollouts import rope_errors

_HEAD = (
    "Errors are root mean square distances of free nodes from MuJoCo over all frames of a rollout, "
    "medians over ropes; a rollout with a node that is off by more than a metre counts as infinite "
    "and is among those lost."
)
_ADDED = (
    "Obstacles that no training has shown: `hard` (projections), `soft` (a penalty), and `none`, a "
    "model that is not told of them. Penetration is the deepest that any node is at any frame, in "
    "radii of a node (2 cm); MuJoCo's own is beside it."
)


def write_rope_card(
    out: Path,
    name: str,
    metrics: Mapping[str, float],
    added: Mapping[str, float],
    records: RopeRecords,
    *,
    about: Mapping[str, Any],
    dt: float,
    notes: str = "",
) -> Path:
    """Write `card.md`, `metrics.json` and pictures of the best, the median and the worst rollout.

    **Arguments:** as `evaluate_ropes` and `evaluate_added` return them; `about`: facts for the
    head; `dt`: seconds a frame; `notes`: Markdown for the end.

    **Returns:** the card.

    **Raises:** `ValueError` if a file cannot be written.
    """
    out = card_folder(out)
    figures = _draw(out, records, dt)
    text = [
        f"# {name}",
        "",
        *[f"- {key}: {value}" for key, value in about.items()],
        f"- ropes: {len(records.model)} that training never shows, a third as many of other sizes",
        "",
        _HEAD,
        "",
        *_sizes(metrics),
        "",
        f"At the last frame alone the error is {metrics['end_error']:.3g} m for 5 to 10 nodes. "
        f"Links are off their length by {100 * metrics['stretch']:.2f}% in the mean (MuJoCo's own: "
        f"{100 * metrics['stretch_truth']:.2f}%).",
        "",
        *_obstacles(added),
        *[f"![{path.stem}]({path.name})" for path in figures],
        "",
        *([notes.rstrip(), ""] if notes else []),
    ]
    write_json(out / "metrics.json", {**metrics, **added})
    return write_text(out / "card.md", "\n".join(text))


def _sizes(metrics: Mapping[str, float]) -> list[str]:
    """A table of ropes' sizes and inner iterations."""
    counts = [n for n in ITERATIONS if f"rollout_error_n{n}" in metrics]
    columns = ["as shipped", *[f"{n} inner iterations" for n in counts]]
    rows = [f"| error in m (lost) | {' | '.join(columns)} |", "|---" * (1 + len(columns)) + "|"]
    for size, suffix in [("5 to 10 nodes", ""), *[(f"{n} nodes", f"_{n}") for n in LARGER]]:
        if f"rollout_error{suffix}" not in metrics:
            continue
        cells = []
        for count in (None, *counts):
            key = f"rollout_error{suffix}" + ("" if count is None else f"_n{count}")
            said = f"{metrics[key]:.3g} ({metrics[f'{key}_lost']:.0f})" if key in metrics else ""
            cells.append(said)
        rows.append(f"| {size} | {' | '.join(cells)} |")
    return rows


def _obstacles(added: Mapping[str, float]) -> list[str]:
    """A table of obstacles and of how they act."""
    if not added:
        return []
    rows = [
        "| error in m (lost); penetration in radii | hard | soft | none | free | MuJoCo |",
        "|---|---|---|---|---|---|",
    ]
    for name in ("floor", "disk", "wall"):
        cells = [
            f"{added[f'{name}_{way}_error']:.3g} ({added[f'{name}_{way}_lost']:.0f}); "
            f"{added[f'{name}_{way}_penetration']:.2g}"
            for way in ("hard", "soft", "none")
        ]
        free, own = added[f"{name}_free_error"], added[f"{name}_mujoco_penetration"]
        rows.append(f"| {name} | {' | '.join(cells)} | {free:.3g} | ; {own:.2g} |")
    return [_ADDED, "", *rows, ""]


def _draw(out: Path, records: RopeRecords, dt: float) -> list[Path]:
    errors = rope_errors(records.model, records.truth)
    order = np.argsort(errors).tolist()
    paths = []
    for rank in sorted({0, (len(order) - 1) // 2, len(order) - 1}):
        index = order[rank]
        number = 1 + int((records.truth["kind"][index] == NodeKind.FREE).sum())
        truth = records.truth["positions"][index][:, :number]
        model = np.concatenate([truth[:1], records.model[index][:, :number]])
        figure = moments_figure(
            RopeStage(),
            [("MuJoCo", truth), ("model", standing_still(model))],
            dt=dt,
            title=f"Held-out rope, rank {rank + 1} of {len(order)}",
            subtitle=f"nodes are off by {errors[index]:.3f} m, root mean square over all frames",
        )
        paths.append(save_figure(out / f"rollout-{rank + 1:02d}.png", figure))
    return paths
