"""Pictures of a model of balls in a box: how errors grow, and rollouts."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from ..viz import save_figure
from ..viz._stage import moments_figure
from ..viz._style import CYCLE, MUTED, headline, log_axis, new_figure, plain_legend, style_curves
from ._boxed_drawing import BoxStage
from ._boxed_evaluate import PERTURBATION, BoxedRecords
from ._staged_showing import standing_still


def draw_growth(path: Path, records: Mapping[str, BoxedRecords], dt: float, horizon: int) -> Path:
    """How errors grow, by size: of the model, of MuJoCo's twin, of balls that stay."""
    figure = new_figure(9.6, 3.9)
    grid = figure.add_gridspec(1, len(records), left=0.08, right=0.98, top=0.74, bottom=0.14)
    for column, (size, record) in enumerate(records.items()):
        axes = figure.add_subplot(grid[0, column])
        time = dt * np.arange(1, record.model.shape[1] + 1)
        lines = {
            "model": record.model,
            f"MuJoCo, {1e3 * PERTURBATION:g} mm off at first": record.twin,
            "balls that stay": record.still(),
        }
        for color, (name, found) in zip(CYCLE, lines.items(), strict=False):
            off = record.over_time(found)
            axes.plot(time, np.where(np.isfinite(off), off, np.nan), color=color, label=name)
        if horizon < len(time):
            axes.axvline(horizon * dt, color=MUTED, linewidth=0.9, linestyle=":")
        style_curves(axes, title=size, xlabel="s", ylabel="m" if column == 0 else "")
        log_axis(axes.yaxis)
        if column == 0:
            plain_legend(axes, loc="lower right")
    beyond = " Errors are counted up to the dotted line." if horizon < len(time) else ""
    said = f"Root mean square distance of balls from MuJoCo, medians over scenes.{beyond}"
    headline(figure, "How far off after how long", said)
    return save_figure(path, figure)


def draw_rollouts(
    out: Path, records: tuple[BoxedRecords, BoxedRecords], dt: float, horizon: int
) -> list[Path]:
    """Moments of the best, the median and the worst scene, and of the median one of the larger.

    Over the frames in which errors are counted; of the larger scene over all.
    """
    paths, (usual, larger) = [], records
    order = np.argsort(usual.errors, kind="stable").tolist()
    for rank in sorted({0, (len(order) - 1) // 2, len(order) - 1}):
        title = f"Held-out scene, rank {rank + 1} of {len(order)}"
        path = out / f"rollout-{rank + 1:02d}.png"
        paths.append(_draw(path, usual, order[rank], title, dt, horizon))
    middle = np.argsort(larger.errors, kind="stable").tolist()[(len(larger.errors) - 1) // 2]
    title = "A larger scene, the median one"
    last = larger.model.shape[1]
    return [*paths, _draw(out / "rollout-larger.png", larger, middle, title, dt, last)]


def _draw(path: Path, record: BoxedRecords, index: int, title: str, dt: float, last: int) -> Path:
    scene, there = {key: rows[index] for key, rows in record.truth.items()}, record.there[index]
    truth = scene["positions"][: last + 1, there]
    model = np.concatenate([truth[:1], record.model[index][:last, there]])
    stage = BoxStage(scene["lower"], scene["upper"], scene["radius"][there], scene["body"][there])
    figure = moments_figure(
        stage,
        [("MuJoCo", truth), ("model", standing_still(model))],
        dt=dt,
        title=title,
        subtitle=f"balls are off by {record.errors[index]:.3f} m, root mean square",
    )
    return save_figure(path, figure)
