"""The card of a model of balls in a box: a page with pictures."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..io._atomic import write_json, write_text
from ._boxed_data import BoxedWorld
from ._boxed_evaluate import MOMENTS, PERTURBATION, BoxedRecords
from ._boxed_pictures import draw_growth, draw_rollouts
from ._card_folder import card_folder
from ._iterations import ITERATIONS

_SUFFIXES = ("", "_larger")


def write_boxed_card(
    out: Path,
    name: str,
    world: BoxedWorld,
    metrics: Mapping[str, float],
    records: tuple[BoxedRecords, BoxedRecords],
    *,
    about: Mapping[str, Any],
    dt: float,
    notes: str = "",
) -> Path:
    """Write `card.md`, `metrics.json` and pictures: errors over time, and some rollouts.

    **Arguments:** as `evaluate_boxed` takes and returns them; `about`: facts for the head; `dt`:
    seconds a frame; `notes`: Markdown for the end.

    **Returns:** the card.

    **Raises:** `ValueError` if a file cannot be written.
    """
    out = card_folder(out)
    num_steps = records[0].model.shape[1]
    horizon = min(world.horizon, num_steps)
    figures = [
        draw_growth(out / "errors.png", dict(zip(world.sizes, records, strict=True)), dt, horizon),
        *draw_rollouts(out, records, dt, horizon),
    ]
    text = [
        f"# {name}",
        "",
        *[f"- {key}: {value}" for key, value in about.items()],
        f"- scenes: {len(records[0].model)} that training never shows, {len(records[1].model)} of "
        f"the larger",
        "",
        "Errors are root mean square distances of balls from MuJoCo over the first "
        f"{horizon} frames of a rollout, medians over scenes; a rollout with a ball that is off by "
        "more than a metre counts as infinite and is among those lost. Still: balls stay where "
        "they were. Twin: MuJoCo itself, from places that are off by up to "
        f"{1e3 * PERTURBATION:g} mm along an axis; once it is far off, what is small has grown, "
        "and no rollout says where balls will be.",
        "",
        *_sizes(world, metrics),
        "",
        *_moments(world, metrics),
        *_kept(world, metrics, num_steps),
        *[f"![{path.stem}]({path.name})" for path in figures],
        "",
        *([notes.rstrip(), ""] if notes else []),
    ]
    write_json(out / "metrics.json", dict(metrics))
    return write_text(out / "card.md", "\n".join(text))


def _table(head: str, columns: list[str], rows: Mapping[str, list[str]]) -> list[str]:
    lines = [f"| {head} | {' | '.join(columns)} |", "|---" * (1 + len(columns)) + "|"]
    return [*lines, *[f"| {name} | {' | '.join(cells)} |" for name, cells in rows.items()]]


def _sizes(world: BoxedWorld, metrics: Mapping[str, float]) -> list[str]:
    """A table of sizes and inner iterations."""
    counts = [n for n in ITERATIONS if f"rollout_error_n{n}" in metrics]
    rows = {}
    for size, suffix in zip(world.sizes, _SUFFIXES, strict=True):
        keys = [f"rollout_error{suffix}", *[f"rollout_error{suffix}_n{n}" for n in counts]]
        beside = [metrics[f"{name}_error{suffix}"] for name in ("twin", "still")]
        rows[size] = [f"{metrics[key]:.3g} ({metrics[f'{key}_lost']:.0f})" for key in keys]
        rows[size] += [f"{value:.2g}" for value in beside]
    columns = ["as shipped", *[f"{n} inner iterations" for n in counts], "twin", "still"]
    return _table("error in m (lost)", columns, rows)


def _moments(world: BoxedWorld, metrics: Mapping[str, float]) -> list[str]:
    """A table of errors after some frames, of the model and of the twin."""
    told = [moment for moment in MOMENTS if f"error_at_{moment}" in metrics]
    if not told:
        return []
    rows = {}
    for size, suffix in zip(world.sizes, _SUFFIXES, strict=True):
        for name, kind in (("model", "error"), ("twin", "twin")):
            values = [metrics[f"{kind}_at_{moment}{suffix}"] for moment in told]
            rows[f"{size}, {name}"] = [f"{value:.2g}" for value in values]
    columns = [f"frame {moment}" for moment in told]
    return [*_table("off, in m, at", columns, rows), ""]


def _kept(world: BoxedWorld, metrics: Mapping[str, float], num_steps: int) -> list[str]:
    """A table of what balls have to keep, over all frames."""
    columns = ["deepest overlap in a frame (MuJoCo's own)", "energy at the end, of MuJoCo's"]
    if "stretch" in metrics:
        columns.append("lengths within a body off by (MuJoCo's own)")
    rows = {}
    for size, suffix in zip(world.sizes, _SUFFIXES, strict=True):
        if f"overlap{suffix}" not in metrics:
            continue
        pairs = [(100 * metrics[f"overlap{end}{suffix}"]) for end in ("", "_truth")]
        cells = [
            f"{pairs[0]:.2g}% of a radius ({pairs[1]:.2g}%)",
            f"{metrics[f'energy{suffix}']:.2f}",
        ]
        if f"stretch{suffix}" in metrics:
            lengths = [100 * metrics[f"stretch{end}{suffix}"] for end in ("", "_truth")]
            cells.append(f"{lengths[0]:.2g}% ({lengths[1]:.1g}%)")
        rows[size] = cells
    return [*_table(f"means over {num_steps} frames", columns, rows), ""] if rows else []
