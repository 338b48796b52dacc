"""The card of a model of balls in a box: a page with pictures."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from ..io._atomic import write_json, write_text
from ..scenes._balls import ABSENT
from ..viz import save_figure
from ..viz._stage import moments_figure
from ._boxed_data import BoxedWorld
from ._boxed_drawing import BoxStage
from ._boxed_evaluate import BoxedRecords
from ._card_folder import card_folder
from ._iterations import ITERATIONS
from ._staged_showing import standing_still


def write_boxed_card(
    out: Path,
    name: str,
    world: BoxedWorld,
    metrics: Mapping[str, float],
    records: BoxedRecords,
    *,
    about: Mapping[str, Any],
    dt: float,
    notes: str = "",
) -> Path:
    """Write `card.md`, `metrics.json` and pictures of the best, the median and the worst rollout.

    **Arguments:** as `evaluate_boxed` takes and returns them; `about`: facts for the head; `dt`:
    seconds a frame; `notes`: Markdown for the end.

    **Returns:** the card.

    **Raises:** `ValueError` if a file cannot be written.
    """
    out = card_folder(out)
    figures = _draw(out, records, dt)
    horizon = min(world.horizon, records.model.shape[1])
    text = [
        f"# {name}",
        "",
        *[f"- {key}: {value}" for key, value in about.items()],
        f"- scenes: {len(records.model)} that training never shows, a third as many of the larger",
        "",
        "Errors are root mean square distances of balls from MuJoCo over the first "
        f"{horizon} frames of a rollout, medians over scenes; a rollout with a ball that is off by "
        "more than a metre counts as infinite and is among those lost. Balls that stay where they "
        f"were would be off by {metrics['floor_error']:.2g} m.",
        "",
        *_sizes(world, metrics),
        "",
        *_kept(metrics, records.model.shape[1]),
        "",
        *[f"![{path.stem}]({path.name})" for path in figures],
        "",
        *([notes.rstrip(), ""] if notes else []),
    ]
    write_json(out / "metrics.json", dict(metrics))
    return write_text(out / "card.md", "\n".join(text))


def _sizes(world: BoxedWorld, metrics: Mapping[str, float]) -> list[str]:
    """A table of sizes and inner iterations."""
    counts = [n for n in ITERATIONS if f"rollout_error_n{n}" in metrics]
    columns = ["as shipped", *[f"{n} inner iterations" for n in counts]]
    rows = [f"| error in m (lost) | {' | '.join(columns)} |", "|---" * (1 + len(columns)) + "|"]
    for size, suffix in zip(world.sizes, ("", "_larger"), strict=True):
        cells = []
        for count in (None, *counts):
            key = f"rollout_error{suffix}" + ("" if count is None else f"_n{count}")
            said = f"{metrics[key]:.3g} ({metrics[f'{key}_lost']:.0f})" if key in metrics else ""
            cells.append(said)
        rows.append(f"| {size} | {' | '.join(cells)} |")
    return rows


def _kept(metrics: Mapping[str, float], num_steps: int) -> list[str]:
    """Sentences on what balls have to keep, over all frames."""
    said = []
    if "stretch" in metrics:
        said.append(f"Distances within a body are off by {100 * metrics['stretch']:.2g}%.")
    if "overlap" in metrics:
        said.append(
            f"The ball that is deepest in another one or in a wall is so by "
            f"{100 * metrics['overlap']:.2g}% of its radius (MuJoCo's own: "
            f"{100 * metrics['overlap_truth']:.2g}%), and in the end there is "
            f"{metrics['energy']:.2f} times the energy that there is in MuJoCo."
        )
    return [f"Means over all {num_steps} frames: " + " ".join(said)] if said else []


def _draw(out: Path, records: BoxedRecords, dt: float) -> list[Path]:
    order, paths = np.argsort(records.errors).tolist(), []
    for rank in sorted({0, (len(order) - 1) // 2, len(order) - 1}):
        index = order[rank]
        scene = {key: rows[index] for key, rows in records.truth.items()}
        there = scene["body"] != ABSENT
        truth = scene["positions"][:, there]
        model = np.concatenate([truth[:1], records.model[index][:, there]])
        stage = BoxStage(
            scene["lower"], scene["upper"], scene["radius"][there], scene["body"][there]
        )
        figure = moments_figure(
            stage,
            [("MuJoCo", truth), ("model", standing_still(model))],
            dt=dt,
            title=f"Held-out scene, rank {rank + 1} of {len(order)}",
            subtitle=f"balls are off by {records.errors[index]:.3f} m, root mean square",
        )
        paths.append(save_figure(out / f"rollout-{rank + 1:02d}.png", figure))
    return paths
