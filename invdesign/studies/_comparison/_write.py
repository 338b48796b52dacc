"""The files of a comparison, beside the runs that it is of."""

from pathlib import Path
from typing import Any

import numpy as np

from ...io._atomic import write_json, write_text
from ...viz import save_figure
from ...viz._comparison import comparison_figure
from ._compare_study import Comparison, TaskTable
from ._contest import Contest
from ._rows import plain
from ._texts import as_csv, as_latex, as_markdown

_STEM = "comparison"


def payload(found: Comparison) -> dict[str, Any]:
    """All that a comparison says, as JSON holds it."""
    return {
        "out": str(found.out),
        "finished": found.finished,
        "total": found.total,
        "tasks": [
            {
                "task": table.task,
                "budget": table.budget,
                "target": table.target,
                "rows": [plain(row) for row in table.rows],
            }
            for table in found.tables
        ],
        "notes": list(found.notes),
    }


def write_comparison(found: Comparison) -> list[Path]:
    """Write tables and figures into the sweep's folder: `comparison.csv`, `.md`, `.tex`, `.json`,
    and a `.png` and `.svg` for each task."""
    texts = {"csv": as_csv(found), "md": as_markdown(found), "tex": as_latex(found)}
    paths = [write_text(found.out / f"{_STEM}.{end}", text) for end, text in texts.items()]
    paths.append(write_json(found.out / f"{_STEM}.json", payload(found)))
    for table in found.tables:
        name = _STEM if len(found.tables) == 1 else f"{_STEM}-{table.task}"
        paths += [_draw(table, found.out / f"{name}.{end}") for end in ("png", "svg")]
    return paths


def _draw(table: TaskTable, path: Path) -> Path:
    """Scores against charged steps; in the reference solver at the end alone."""
    runs = [
        _curve(each, table.budget) for each in table.contests if each.at(table.budget) is not None
    ]
    learned = all(each.simulator == "learned" for each in table.contests)
    figure = comparison_figure(
        runs,
        title=f"{table.task}: {len(runs)} runs up to {table.budget:,.0f} charged steps",
        subtitle="medians and ranges over seeds; left on the conditions that were optimized on, "
        "right on unseen ones at the end",
        simulator="learned simulator" if learned else "the simulator searched through",
    )
    return save_figure(path, figure)


def _curve(contest: Contest, budget: float) -> dict[str, Any]:
    end = contest.at(budget)
    assert end is not None
    history, known = contest.history, np.full(end + 1, np.nan)
    if contest.stands(end) and contest.result["reference_score_mean"] is not None:
        known[end] = contest.result["reference_score_mean"]
    return {
        "optimizer": contest.label.replace(", ", "\n"),
        "steps": history["charged_steps"][: end + 1],
        "score": history["score"][: end + 1],
        "reference_score": known,
    }
