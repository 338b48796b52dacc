"""`LEADERBOARD.md` from the designs in `tasks/*/reference.toml`.

    python -m benchmarks.leaderboard_page

No number on that page is typed by hand; a test says whether it is up to date.
"""

from itertools import groupby
from pathlib import Path
from typing import Any

from benchmarks.results_page._parts import section, table
from invdesign.studies._published import Published, published_designs, tolerance

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "LEADERBOARD.md"
_HEAD = """\
# Leaderboard

The best published designs of the tasks, written by `python -m benchmarks.leaderboard_page` from
`tasks/*/reference.toml`. The score is the mean over the task's unseen conditions in its reference
solver, with the standard deviation over these conditions; higher is better. Beside it stands the
same design at twice the solver's resolution, not optimized again: what a score owes to the solver's
errors is gone there (a section has another lift there at its angle, so that this number is lift
over drag, and no score of the task). The budget is in charged simulator steps, a gradient counting
as two and a half to five rollouts. A method has one row for each finder, its best run.

`invdesign verify --all` scores all of these designs again, and `--fine` at twice the resolution,
too; it ends with exit code 1 where one is off by more than "within": the spread over the
conditions, between a hundredth and a tenth of the score. `invdesign submit RUN_DIR --by NAME`
enters a design of yours: [CONTRIBUTING.md](CONTRIBUTING.md) says how."""


def rows(designs: list[Published]) -> list[dict[str, Any]]:
    """A row a design, the best first."""
    return [
        {
            "": str(place),
            "found by": f"`{design.optimizer}`{design.method.removeprefix(design.optimizer)}",
            "score": f"{design.score:.4g} ± {design.spread:.2g}",
            "within": f"{tolerance(design.score, design.spread):.2g}",
            "at twice the resolution": ""
            if design.fine_score is None
            else f"{design.fine_score:.4g}",
            "budget": "" if design.charged_steps is None else f"{design.charged_steps:,.0f}",
            "seed": "" if design.seed is None else str(design.seed),
            "misses": ", ".join(f"{name} by {x:.2g}" for name, x in design.missed.items()),
            "by": design.by,
        }
        for place, design in enumerate(designs, start=1)
    ]


def board(task: str, designs: list[Published]) -> str:
    """The table of a task."""
    shown = rows(designs)
    if not any(row["misses"] for row in shown):
        shown = [{key: x for key, x in row.items() if key != "misses"} for row in shown]
    versions = sorted({design.task_digest.removeprefix("2:")[:12] for design in designs})
    said = ", ".join(f"`{version}`" for version in versions)
    return section(f"`{task}`", table(shown), f"Scored on the version {said} of the task.")


def page(folder: Path | None = None) -> str:
    """The whole page.

    **Arguments:** `folder`: of the tasks; the shipped ones by default.
    """
    groups = groupby(published_designs(folder), key=lambda design: design.task)
    return "\n\n".join([_HEAD, *(board(task, list(designs)) for task, designs in groups)]) + "\n"


if __name__ == "__main__":
    PAGE.write_text(page(), "utf-8")
