"""`figure.png` of a run: the tools, where the water ends up, and how the search went."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ..io._trajectory_file import StoredTrajectory
from ._goals import inside
from ._scene import Scenery, draw_scene, scenery_of
from ._style import CYCLE, MUTED, count, headline, log_axis, new_figure, style_curves

Summary = Mapping[str, Any]
_SIMULATORS = {"learned": "learned simulator", "reference": "reference solver"}


def known_number(summary: Summary, key: str) -> float | None:
    """The finite number that a summary holds under `key`, or `None`."""
    value = summary.get(key)
    if not isinstance(value, int | float | np.number) or not np.isfinite(value):
        return None
    return float(value)


def simulator_in_words(summary: Summary) -> str:
    """What a run was searched through, without an article.

    **Arguments:** `summary`: its `simulator` ("learned", the default, or "reference") and, of a
    search through a finer solver, its `resolution`.
    """
    name = str(summary.get("simulator") or "learned")
    text, resolution = _SIMULATORS.get(name, name), summary.get("resolution") or 1
    return text if resolution == 1 else f"{text} at {resolution} times its resolution"


def run_title(summary: Summary) -> str:
    """One line with the scores of a run and what they are means over.

    Such as `contain: score 0.12 → 0.83, in the reference solver 0.79 ± 0.02 (8 unseen scenes)`.

    **Arguments:** `summary`: the keys of `run --json` that are known; others are left out.
    """
    text = str(summary.get("task", "run"))
    start, end = known_number(summary, "score_initial"), known_number(summary, "score")
    if end is not None:
        text += ": score " + (f"{start:.2f} → {end:.2f}" if start is not None else f"{end:.2f}")
    mean, std = (
        known_number(summary, "reference_score_mean"),
        known_number(summary, "reference_score_std"),
    )
    if mean is not None:
        text += f", in the reference solver {mean:.2f}" + (f" ± {std:.2f}" if std else "")
    fine = known_number(summary, "fine_score_mean")
    if fine is not None:
        text += f", twice as fine {fine:.2f}"
    scored = any(each is not None for each in (end, mean, fine))
    return f"{text} ({scenes_in_words(summary)})" if scored else text


def scenes_in_words(summary: Summary) -> str:
    """Which scenes a run's scores are of."""
    each = summary.get("reference_scores") or summary.get("scores")
    number = len(each) if isinstance(each, list | tuple | np.ndarray) else 0
    return f"{number} unseen scene{'s' * (number != 1)}" if number else "unseen scenes"


def run_subtitle(summary: Summary) -> str:
    """The second line: optimizer, seed, simulator, cost."""
    parts = [str(summary["optimizer"])] if "optimizer" in summary else []
    parts += [f"seed {summary['seed']}"] if "seed" in summary else []
    if "simulator" in summary:
        parts.append(f"through the {simulator_in_words(summary)}")
    for key, unit in (("simulator_steps", "simulator steps"), ("gradient_steps", "with gradient")):
        number = known_number(summary, key)
        parts += [f"{count(number)} {unit}"] if number is not None else []
    seconds = known_number(summary, "seconds")
    parts += [f"{seconds:.0f} s"] if seconds is not None else []
    return "  ·  ".join(parts)


def _share(scenery: Scenery, position: np.ndarray) -> str:
    if scenery.region is None:
        return ""
    return f"{inside(position, scenery.region).mean():.0%} in the goal, this scene"


def _curve(axes: Axes, history: Mapping[str, np.ndarray], x: str, y: str, **look: Any) -> None:
    if y not in history or x not in history:
        return
    steps, values = np.asarray(history[x], float), np.asarray(history[y], float)
    known = np.isfinite(values)
    if known.any():
        axes.plot(steps[known], values[known], **{"linewidth": 1.6, **look})


def draw_history(panels: list[Axes], history: Mapping[str, np.ndarray]) -> None:
    """Value, score and gradient norm against simulator steps, on three axes.

    **Arguments:** `history`: columns of `history.csv`; `simulator_steps` and any of `value`,
    `best_value`, `score` and `gradient_norm`. What is not finite is left out.
    """
    x = "simulator_steps"
    value, score, gradient = panels
    _curve(value, history, x, "value", color=CYCLE[5], linewidth=1.0)
    _curve(value, history, x, "best_value", color=CYCLE[0])
    _curve(score, history, x, "score", color=CYCLE[2])
    _curve(gradient, history, x, "gradient_norm", color=CYCLE[1])
    if gradient.lines and (gradient.lines[0].get_ydata() > 0).all():  # pyright: ignore
        log_axis(gradient.yaxis)
    titles = (
        "Value, this step and best (lower is better)",
        "Score on training scenes (higher is better)",
        "Gradient norm",
    )
    for axes, title in zip(panels, titles, strict=True):
        style_curves(axes, title=title, xlabel="simulator steps")
        axes.xaxis.set_major_formatter(lambda number, _: count(number))
        if not axes.lines:
            axes.text(0.5, 0.5, "none", color=MUTED, ha="center", transform=axes.transAxes)
    score.set_ylim(-0.02, 1.02)


def run_figure(
    trajectory: StoredTrajectory, history: Mapping[str, np.ndarray], summary: Summary
) -> Figure:
    """The picture of a run: initial tool, optimized tool under both simulators, curves.

    Water in the goal is drawn stronger than water outside of it; the optimized panels show the
    initial tool as a dotted outline. The scores above are means over all unseen scenes, the shares
    beside the panels are those of the one that is drawn, at its end.

    **Arguments:**

    - `trajectory`: of one unseen condition.
    - `history`: the columns of `history.csv`.
    - `summary`: what is known of `task`, `optimizer`, `seed`, `simulator` ("learned" or
      "reference"), `score_initial`, `score`, `reference_score_mean`, `reference_score_std`,
      `fine_score_mean`, `reference_scores` (one an unseen scene), `simulator_steps`,
      `gradient_steps` and `seconds`.
    """
    scenery = scenery_of(trajectory)
    first = (
        np.asarray(trajectory.initial_tool_segments),
        np.asarray(trajectory.initial_tool_radius),
    )
    last = (np.asarray(trajectory.tool_segments), np.asarray(trajectory.tool_radius))
    simulator = simulator_in_words(summary)
    panels = [
        (f"Initial tool, {simulator}", first, None, trajectory.initial),
        (f"Optimized, {simulator}", last, first, trajectory.simulated),
    ]
    if trajectory.reference is not None:
        panels.append(("Optimized, reference solver", last, first, trajectory.reference))
    else:  # without a second simulator there is room for where the water comes from
        panels.insert(0, ("Start", first, None, np.asarray(trajectory.initial)[:1]))
    figure = new_figure(4.2 * len(panels), 7.6)
    grid = figure.add_gridspec(
        1, len(panels), left=0.02, right=0.98, top=0.86, bottom=0.345, wspace=0.06
    )
    for index, (title, tool, ghost, frames) in enumerate(panels):
        frames = np.asarray(frames)
        draw_scene(
            figure.add_subplot(grid[0, index]),
            scenery,
            position=frames[-1],
            tool=tool,
            ghost=ghost,
            title=title,
            note=_share(scenery, frames[-1]),
            time=(len(frames) - 1) * trajectory.dt,
        )
    grid = figure.add_gridspec(1, 3, left=0.05, right=0.98, top=0.25, bottom=0.075, wspace=0.16)
    draw_history([figure.add_subplot(grid[0, i]) for i in range(3)], history)
    pictured = "pictures: the first unseen scene"
    headline(
        figure, run_title(summary), "  ·  ".join(filter(None, [run_subtitle(summary), pictured]))
    )
    return figure
