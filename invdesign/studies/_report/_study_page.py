"""The report of a study: its comparison, its runs, and the best design of each task."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

from ...io._run_directory import read_run_directory
from .._comparison import Comparison, compare
from .._comparison._compare_study import TaskTable
from .._comparison._contest import Contest
from .._comparison._draw import shown_labels
from .._comparison._texts import COLUMNS, cells, title
from .._outputs import exhibits
from .._sweep import StudyStatus, status
from ._blocks import Block, Cell, Charts, Page, Tile, cell, shown, table
from ._charts import AXES
from ._curves import ends_chart, profile_chart, reference_chart, scores_chart
from ._settings import settings

_MOST_ROWS = 2_000
_MOST_REPLAYS = 6
_WORST_FIRST = ("failed", "interrupted", "running", "waiting", "finished")
# The axes along which medians over seeds are told.
_ALONG = ("charged_steps", "seconds")


def finished_runs(folder: Path) -> list[str]:
    """Names of the runs of a sweep's folder that are finished."""
    return [name for name, run in status(folder).runs.items() if run.state == "finished"]


def study_page(folder: Path) -> Page:
    """All that a sweep's folder shows, whatever its state.

    **Raises:** `ValueError` naming the file that is damaged.
    """
    found = status(folder)
    counts = found.counts
    compared = compare(folder) if counts["finished"] else None
    whole = counts["finished"] == len(found.runs)
    said = ", ".join(f"{number} {state}" for state, number in counts.items() if number)
    name = found.out.resolve().name
    blocks = [] if compared is None else list(_compared(compared))
    return Page(
        title=f"{name}: a study of invdesign",
        kind="Study",
        heading=name,
        subtitle=f"{_counted(len(found.runs))}: {said}",
        state="finished" if whole else "interrupted",
        said=f"{counts['finished']} of {len(found.runs)} finished",
        tiles=[] if compared is None else list(_tiles(compared)),
        notes=[] if compared is None else list(compared.notes),
        blocks=[*blocks, _runs(found), *_constants(found)],
        footer=f"Folder {name}.",
    )


def _counted(runs: int) -> str:
    return "1 run" if runs == 1 else f"{runs:,} runs"


def _tiles(compared: Comparison) -> Iterator[Tile]:
    """The best method of each task."""
    for each in list(compared.tables)[:6]:
        row = each.rows[0]
        value = row.reference.median
        name = f"best median on {each.task}" if value == value else f"first on {each.task}"
        yield Tile(name, shown(value, 3), row.label, main=True)
    yield Tile("runs in the comparison", f"{compared.finished} of {compared.total}")


def _compared(compared: Comparison) -> Iterator[Block]:
    """Tables and charts, then the best design of each task."""
    for index, each in enumerate(compared.tables):
        yield _table(each)
        yield _charts(each, index)
    for each in list(compared.tables)[:_MOST_REPLAYS]:
        yield from _best(each, compared.out)


def _table(each: TaskTable) -> Block:
    rows = [[_two_lines(text) for text in cells(row)] for row in each.rows]
    return table(f"{each.task}: methods side by side", COLUMNS, rows, note=title(each))


def _two_lines(text: str) -> Cell:
    """A median, and its quartiles below."""
    first, bracket, rest = text.partition(" (")
    return Cell(first, more=rest.rstrip(")")) if bracket and first[:1].isdigit() else Cell(text)


def _charts(each: TaskTable, index: int) -> Block:
    axes = {key: AXES[key] for key in _ALONG}
    found = [
        scores_chart("Score on the training conditions", f"scores-{index}", each, list(axes)),
        reference_chart("Score in the reference solver", f"along-{index}", each, list(axes)),
        ends_chart("Scores on unseen conditions at the budget", f"ends-{index}", each),
        profile_chart("Share of runs above a reference score", f"shares-{index}", each),
    ]
    charts = [chart for chart in found if chart is not None]
    left = len(each.rows) - len(shown_labels(each))
    note = "Medians over seeds with quartiles, shares with intervals of 95%; a click on a name "
    note += "hides it." + f" {left} more rows are in the table." * bool(left)
    return Block("charts", Charts(f"{each.task}: curves", charts, axes, large=True, note=note))


def _best(each: TaskTable, out: Path) -> Iterator[Block]:
    """The replay of the run with the best final score."""
    contests = sorted(each.contests, key=_final, reverse=True)
    run = read_run_directory(out / contests[0].name)
    for exhibit in exhibits(run):
        for replay in exhibit.replays:
            described = replay.described()
            heading = f"{each.task}: the best design, from {contests[0].name}"
            yield Block("replay", {**described, "title": heading})
            return


def _final(contest: Contest) -> float:
    """The score that a run is known by: in the reference solver, if it has been there."""
    for key in ("reference_score_mean", "score"):
        if contest.result[key] is not None:
            return float(contest.result[key])
    return float("-inf")


def _runs(found: StudyStatus) -> Block:
    """Every run with its state and its reason, those first that need somebody."""
    order = sorted(found.runs, key=lambda name: _WORST_FIRST.index(found.runs[name].state))
    rows = [_row(found, name) for name in order[:_MOST_ROWS]]
    more = len(order) - len(rows)
    note = f"{more} more runs are not in this table." if more else ""
    if any(row[0].link is None for row in rows):
        note += " `invdesign report RUN` makes the page of a run, to which its name then leads."
    columns = ("run", "state", "iterations", "seconds", "score", "reference score", "reason")
    return table("Runs", columns, rows, note=note.strip())


def _row(found: StudyStatus, name: str) -> list[Cell]:
    run = found.runs[name]
    result: Any = run.result
    there = (found.out / name / "report.html").is_file()
    return [
        Cell(name, link=f"{quote(name)}/report.html" if there else None),
        Cell(run.state, badge=True),
        cell(run.iterations or result.get("iterations", 0)),
        Cell(f"{run.seconds:,.0f}", sort=run.seconds),
        cell(result.get("score")),
        cell(result.get("reference_score_mean")),
        Cell(run.reason or str(result.get("reason", ""))),
    ]


def _constants(found: StudyStatus) -> Iterator[Block]:
    """What is the same in all runs, and what varies."""
    configs = list(found.configs.values())
    keys = dict.fromkeys(key for config in configs for key in config)
    known: dict[str, Any] = {}
    for key in keys:
        values = list({repr(config.get(key)): config.get(key) for config in configs}.values())
        known[key] = values[0] if len(values) == 1 else values
    yield settings(known)
