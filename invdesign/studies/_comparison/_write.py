"""The files of a comparison, beside the runs that it is of."""

from pathlib import Path
from typing import Any

from ...io._atomic import write_json, write_text
from ._compare_study import Comparison
from ._draw import draw
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
        paths += draw(table, [found.out / f"{name}.{end}" for end in ("png", "svg")])
    return paths
