"""The report of a run."""

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from ..._solve import History, load_history
from ...io import read_design
from ...io._run_directory import RunDirectory
from ...viz._run_figure import known_number, run_subtitle, scenes_in_words, simulator_in_words
from .._outputs import exhibits, failures, is_known
from .._result import is_finished, read_result
from ._blocks import DASH, Block, Cell, Charts, Page, Tile, cell, shown, table
from ._charts import AXES, Chart, history_chart, plot_chart
from ._settings import settings, versions

_UNKNOWN = "the family `{}` is not installed here, without which the run's frames are not shown"


def run_page(run: RunDirectory) -> Page:
    """All that a run's files show, finished or not.

    **Raises:** `ValueError` naming the file that is missing or damaged.
    """
    known = run.configuration
    finished = is_finished(run)
    result = read_result(run) if finished else {}
    history = load_history(run / "history.csv")
    notes = [*run.notes, *result.get("notes", []), *_missed(result)]
    notes += failures(run) if is_known(run) else [_UNKNOWN.format(known["family"])]
    name, optimizer = str(known.get("task", "run")), str(known.get("optimizer", ""))
    return Page(
        title=f"{name}, {optimizer}: a run of invdesign",
        kind="Run",
        heading=name,
        subtitle=run_subtitle(known),
        state="finished" if finished else "interrupted",
        said="finished" if finished else "not finished",
        tiles=_tiles(result, history),
        notes=list(dict.fromkeys(notes)),
        blocks=[
            *_shown(run),
            _search(history),
            *_tables(run, result, history),
            settings(known),
            versions(run),
        ],
        footer=f"Run directory {run.path.resolve().name}, made by invdesign {run.version}.",
    )


def _missed(result: Mapping[str, Any]) -> Iterator[str]:
    """Constraints that the design misses."""
    places = {"violations": "the simulator", "reference_violations": "the reference solver"}
    for key, place in places.items():
        for name, amount in (result.get(key) or {}).items():
            yield f"the constraint `{name}` is missed by {shown(amount, 3)} in {place}"


def _tiles(result: Mapping[str, Any], history: History) -> list[Tile]:
    if not result:
        best = float(history["score"][-1])
        steps = int(history["simulator_steps"][-1])
        return [
            Tile("score so far, training conditions", shown(best, 3), main=True),
            Tile("iterations", shown(len(history))),
            Tile("simulator steps", shown(steps)),
        ]
    where, trusted = f", {scenes_in_words(result)}", known_number(result, "reference_score_mean")
    own = result.get("simulator") == "reference" and (result.get("resolution") or 1) == 1
    tiles = [Tile("score before", shown(result["score_initial"], 3), scenes_in_words(result))]
    if not own or trusted is None:
        name = simulator_in_words(result)
        tiles.append(Tile("score after", shown(result["score"], 3), f"in the {name}{where}"))
    if trusted is not None:
        spread = known_number(result, "reference_score_std")
        more = "in the reference solver" + (f", ±\u00a0{shown(spread, 2)}" if spread else "")
        tiles.append(Tile("score after", shown(trusted, 3), more + where, main=True))
    if (fine := known_number(result, "fine_score_mean")) is not None:
        tiles.append(Tile("score after", shown(fine, 3), f"at twice the resolution{where}"))
    if (off := known_number(result, "error_score_mean")) is not None:
        what = f"with errors of {shown(result['error_std'], 2)}{where}"
        tiles.append(Tile("score after", shown(off, 3), what))
    steps = f"{shown(result['gradient_steps'])} with gradient"
    return [
        *tiles,
        Tile("simulator steps", shown(result["simulator_steps"]), steps),
        Tile("time", f"{result['seconds']:,.0f} s", f"{result['iterations']} iterations"),
    ]


def _shown(run: RunDirectory) -> Iterator[Block]:
    """Replays and plots of the run's family."""
    found = exhibits(run)
    for exhibit in found:
        for replay in exhibit.replays:
            yield Block("replay", replay.described())
    plots = [plot for exhibit in found for plot in exhibit.plots]
    if plots:
        charts = [plot_chart(plot, f"plot-{index}") for index, plot in enumerate(plots)]
        yield Block("charts", Charts("Before and after in numbers", charts))


def _search(history: History) -> Block:
    """How the search went."""
    columns = history.columns
    drawn = [("best_value", "champion's"), ("value", "this iteration's")]
    bounds = _bounds(columns["best_value"], columns["value"])
    charts = [
        _chart("Value on training conditions, lower is better", "value", columns, drawn, **bounds),
        _chart("Champion's score there, higher is better", "score", columns, [("score", "score")]),
    ]
    norm = columns["gradient_norm"]
    known = norm[np.isfinite(norm)]
    if known.size:
        kind = "log" if (known > 0).all() else "linear"
        one = [("gradient_norm", "gradient norm")]
        charts.append(_chart("Gradient norm", "gradient", columns, one, y_axis_type=kind))
    if (columns["violation"] > 0).any():
        title = "Champion's violation over its tolerance, met up to 1"
        charts.append(_chart(title, "violation", columns, [("violation", "violation")]))
    return Block("charts", Charts("The search", charts, AXES, large=len(charts) == 4))


def _bounds(best: np.ndarray, values: np.ndarray) -> dict[str, Any]:
    """A range for values: what a line search tried far up is no news."""
    best, values = best[np.isfinite(best)], values[np.isfinite(values)]
    if not best.size:
        return {}
    low, high = float(best.min()), max(float(best.max()), float(np.quantile(values, 0.8)))
    margin = 0.06 * (high - low) or 1.0
    return {"y_range": (low - margin, high + margin)}


def _chart(title: str, name: str, columns: Any, drawn: Any, **more: Any) -> Chart:
    return history_chart(title, f"search-{name}", columns, drawn, **more)


def _tables(run: RunDirectory, result: Mapping[str, Any], history: History) -> Iterator[Block]:
    if result:
        yield _numbers(result)
        if len(result["scores"] or ()) > 1:
            yield _conditions(result)
    if (run / "design.json").exists():
        numbers = enumerate(read_design(run / "design.json").parameters.tolist())
        rows = [[cell(index), cell(value)] for index, value in numbers]
        aside = f"{len(rows)} parameters"
        yield table("The design", ("parameter", "value"), rows, folded=True, aside=aside)
    rows = [[cell(value) for value in row.values()] for row in history.rows()]
    names = [name.replace("_", " ") for name in history.columns]
    aside = f"{len(rows)} iterations"
    yield table("History", names, rows, folded=True, aside=aside)


def _numbers(result: Mapping[str, Any]) -> Block:
    """Scores, metrics and costs: before, after, and in the reference solver."""
    means = {"reference_score": result["reference_score_mean"]}
    known = {**result, **means}
    metrics = [k.removesuffix("_initial") for k in result if k.endswith("_initial")]
    rows = [
        [
            Cell(name.replace("_", " ")),
            *[cell(known.get(key)) for key in (f"{name}_initial", name, f"reference_{name}")],
        ]
        for name in metrics
    ]
    if result.get("distance_to_data") is not None:
        distance = cell(result["distance_to_data"])
        rows.append([Cell("distance to the data (1 is typical)"), Cell(DASH), distance, Cell(DASH)])
    columns = ("unseen conditions", "before", "after", "after (reference)")
    phases = ", ".join(f"{name} {s:.0f} s" for name, s in result["seconds_by_phase"].items())
    note = f"It ended because {result['reason'].rstrip('.')}. Time: {phases}."
    return table("Numbers", columns, rows, sortable=False, note=note)


def _conditions(result: Mapping[str, Any]) -> Block:
    """Scores of every unseen condition."""
    trusted = result["reference_scores"] or [None] * len(result["scores"])
    rows = [
        [cell(index), cell(score), cell(reference)]
        for index, (score, reference) in enumerate(zip(result["scores"], trusted, strict=False))
    ]
    columns = ("unseen condition", "score", "reference score")
    return table("Scores by condition", columns, rows, folded=True, aside=f"{len(rows)} conditions")
