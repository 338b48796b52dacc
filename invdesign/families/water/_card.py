"""What is known of a learned simulator, as a page with pictures."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ...io._atomic import write_json, write_text
from ...simulators import ParticleSimulator
from ...viz import Scenery, rollout_figure, save_figure
from .._card_folder import card_folder
from ._evaluate import SceneRecord
from ._held_out import LEAST_CONTACT

CONTACT = "contact"  # of what is measured on held-out scenes with contact
_SHOWN = {CONTACT: "scenes with contact"}

# Name in `evaluate_simulator`, what it means, unit, and the solver's own number beside it.
_LINES = (
    ("one_step_mse", "Next position, mean squared error", "m²", None),
    ("rollout_mse", "Positions over the horizon, mean squared error", "m²", "rollout_floor"),
    ("occupancy_overlap", "Occupancy overlap at the end", "", "occupancy_floor"),
    ("com_error", "Centre of mass at the end, error", "m", "com_floor"),
    ("num_nonfinite", "Particles not finite within five horizons", "", None),
    ("num_outside", "Particles outside the box or inside an obstacle", "", None),
    ("model_seconds_per_step", "Time a step", "s", "solver_seconds_per_step"),
)


def _lines(metrics: Mapping[str, float]) -> list[str]:
    rows = []
    for key, meaning, unit, beside in _LINES:
        if key not in metrics:
            continue
        floor = f"{metrics[beside]:.3g} {unit}" if beside is not None and beside in metrics else ""
        rows.append(f"| {meaning} (`{key}`) | {metrics[key]:.3g} {unit} | {floor} |")
    return rows


# Columns of the table of scenes in which tools act: name, and the number that stands beside it.
_MET_COLUMNS = (
    ("skill", "skill_error", "{:.2f} ± {:.2f}"),
    ("occupancy_overlap", "occupancy_floor", "{:.3f} of {:.3f}"),
    ("overlap_without_tools", None, "{:.3f}"),
    ("com_error", "com_floor", "{:.3g} ({:.2g})"),
    ("rollout_mse", "rollout_floor", "{:.3g} ({:.2g})"),
    ("contact_share", None, "{:.2f}"),
    ("feasible_share", None, "{:.2f}"),
    ("num_nonfinite", None, "{:.0f}"),
    ("num_outside", None, "{:.0f}"),
)


def _met_table(met: Mapping[str, Mapping[str, float]]) -> list[str]:
    """Skill and errors where tools act: on held-out scenes with contact and on tasks' designs."""
    if not met:
        return []
    names = [f"`{name}`" for name, _, _ in _MET_COLUMNS]
    lines = [f"| | {' | '.join(names)} |", "|---" * (len(names) + 1) + "|"]
    for name, metrics in met.items():
        cells = [
            text.format(metrics[key], *([metrics[beside]] if beside else []))
            if key in metrics
            else ""
            for key, beside, text in _MET_COLUMNS
        ]
        lines.append(f"| {_SHOWN.get(name, name)} | {' | '.join(cells)} |")
    return [
        "## Where water meets tools",
        "",
        "Most held-out water above misses the tools. Here are held-out scenes in which at least "
        f"{LEAST_CONTACT:.0%} of it touches one (comes within the tool's radius and a particle "
        "spacing of its centre line, in the solver), and random designs of the tasks over their "
        "own frames: what an optimizer shows the model first, the share `feasible_share` of them "
        "within the task's constraints, the others not. The skill is 0 for a model that is "
        "as good as the solver *without* the tools, 1 for one that is as good as the solver run "
        "again from a start a thousandth off: (overlap - overlap without tools) / (floor - overlap "
        "without tools), with its standard error over the scenes. In brackets: the chaos floor.",
        "",
        *lines,
        "",
    ]


def write_model_card(
    out: str | Path,
    name: str,
    metrics: Mapping[str, float],
    records: Sequence[SceneRecord],
    *,
    about: Mapping[str, Any],
    simulator: ParticleSimulator,
    met: Mapping[str, Mapping[str, float]] | None = None,
    notes: str = "",
    num_pictures: int = 3,
) -> Path:
    """Write `card.md`, `metrics.json` and pictures of rollouts beside the truth into `out`.

    **Arguments:**

    - `metrics`, `records`: as `evaluate_simulator` returns them.
    - `about`: further facts by name for the card's head: file, checksum, seed, sizes.
    - `met`: such metrics where tools act: on scenes with contact, under the name `CONTACT`, and on
      random designs of tasks, by the tasks' names.
    - `notes`: Markdown for the card's end, such as how the model came about.
    - `num_pictures`: how many of the records are drawn: the best, the worst, and between.

    **Returns:** the card.

    **Raises:** `ValueError` if a file cannot be written.
    """
    out = card_folder(out)
    figures = _draw(out, records, simulator.dt, num_pictures)
    text = [
        f"# {name}",
        "",
        *[f"- {key}: {value}" for key, value in about.items()],
        f"- scenes: {len(records)} held out, with bowls, zigzags, spirals and corners, kinds of "
        "obstacles that training never shows",
        "",
        "| | model | reference solver against itself |",
        "|---|---|---|",
        *_lines(metrics),
        "",
        "The right column is the chaos floor: the solver run again with each particle moved by "
        "up to a thousandth of the box along each axis (for time, the solver's own).",
        "",
        *[f"![{path.stem}]({path.name})" for path in figures],
        "",
        *_met_table(met or {}),
        *([notes.rstrip(), ""] if notes else []),
    ]
    designs = {name: numbers for name, numbers in (met or {}).items() if name != CONTACT}
    contact = {CONTACT: met[CONTACT]} if met and CONTACT in met else {}
    write_json(out / "metrics.json", {**metrics, **contact, "designs": designs})
    return write_text(out / "card.md", "\n".join(text))


def _draw(out: Path, records: Sequence[SceneRecord], dt: float, number: int) -> list[Path]:
    """Rollouts from the best to the worst by the error of the centre of mass."""
    errors = [_center_error(record) for record in records]
    order = np.argsort(errors).tolist()
    ranks = np.unique(np.linspace(0, len(order) - 1, min(number, len(order))).round().astype(int))
    paths = []
    for rank in ranks:
        record = records[order[rank]]
        segments = np.asarray(record.scene.segments)
        inside = (np.abs(segments) < 5).all(axis=(1, 2))  # unused slots wait far away
        radius = np.asarray(record.scene.segment_radius)
        lower, upper = np.asarray(record.scene.lower), np.asarray(record.scene.upper)
        scenery = Scenery(lower=lower, upper=upper, obstacles=(segments[inside], radius[inside]))
        length = len(record.truth)
        figure = rollout_figure(
            record.truth,
            record.model[:length],
            scenery,
            dt=dt,
            title=f"Held-out scene, rank {rank + 1} of {len(order)}",
            subtitle=f"centre of mass off by {errors[order[rank]]:.3f} m at the end",
        )
        paths.append(save_figure(out / f"rollout-{rank + 1:02d}.png", figure))
    return paths


def _center_error(record: SceneRecord) -> float:
    last = len(record.truth) - 1
    model = np.nan_to_num(record.model[last])
    return float(np.linalg.norm((model - record.truth[last]).mean(axis=0)))
