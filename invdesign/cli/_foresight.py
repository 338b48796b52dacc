"""What `invdesign gradcheck TASK --foresight` does: how far ahead gradients see."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import jax.numpy as jnp

from ..io._run_directory import RunDirectory
from ..io._sealed import read_sealed, write_sealed
from ..studies import Resolved, best_known, foresight
from ..studies._plan import plan
from ..viz import save_figure
from ..viz._foresight import foresight_figure
from ._gradcheck import simulator_name
from ._output import number, stderr, table

_RESULT, _FIGURE = "foresight.json", "foresight.png"


def numbers(text: str | None, flag: str) -> list[float] | None:
    """Numbers of at least 0, separated by commas.

    **Raises:** `ValueError` for anything else.
    """
    if text is None:
        return None
    try:
        found = [float(part) for part in text.split(",")]
    except ValueError:
        found = [-1.0]
    if not all(0 <= each < float("inf") for each in found):
        raise ValueError(f"`{flag}` takes numbers, separated by commas, got `{text}`.")
    return found


def champion_of(resolved: Resolved, given: Sequence[float] | None) -> list[float] | None:
    """Parameters of the design that points lead to: a given one, or the best that is known."""
    if given is not None:
        return list(given)
    known = best_known(resolved.task.name)
    return None if known is None else list(known.parameters)


def between(resolved: Resolved, champion: Sequence[float] | None, number: int) -> list[Any]:
    """Latents in the middle of `number` equal parts of the way from the start to the champion.

    The start alone where no champion is known.
    """
    space = resolved.task.space
    start = space.initial() if resolved.initial is None else jnp.asarray(resolved.initial)
    if champion is None:
        return [start]
    end = space.encode(jnp.asarray(champion))
    shares = [(index + 0.5) / number for index in range(number)]
    return [(1 - share) * start + share * end for share in shares]


def look_ahead(run: RunDirectory, resolved: Resolved, watch: Any, **wanted: Any) -> dict[str, Any]:
    """The result of a look ahead, which is made unless the folder holds it."""
    if os.path.lexists(run / _RESULT):
        return read_sealed(run / _RESULT)
    settings, problem = run.configuration, resolved.problem
    points = between(resolved, settings["champion"], settings["points"])
    intended = plan(problem, len(points), **wanted)
    stderr.print(
        f"{intended.rollouts(problem):.0f} rollouts, of which a gradient counts as "
        f"{problem.gradient_cost:g}"
    )
    found = foresight(problem, points, **wanted, seed=settings["seed"], watch=watch)
    result = {
        **{key: settings[key] for key in ("task", "simulator", "model", "seed")},
        "advice": found.advice,
        "limit": found.limit,
        "random": found.random,
        "worth": found.worth,
        "points": found.num_points,
        "directions": found.num_directions,
        "scenes": found.num_scenes,
        "rollouts": found.rollouts,
        "rows": found.rows,
        "notes": [] if settings["champion"] is not None else [_ALONE],
    }
    write_sealed(run / _RESULT, result)
    return result


_ALONE = "no champion is known: gradients are looked at where a search starts alone (`--champion`)"


def draw_foresight(run: RunDirectory, result: dict[str, Any]) -> Path:
    """The figure of a result."""
    figure = foresight_figure(
        result["rows"],
        title=f"{result['task']}: what gradients through the {simulator_name(result)} foresee",
        subtitle=result["advice"],
        random=result["random"],
        worth=result["worth"],
    )
    return save_figure(run / _FIGURE, figure)


def foresight_table(result: dict[str, Any]) -> Any:
    """A line a horizon and limit, a column a radius."""
    radii = sorted({row["radius"] for row in result["rows"]})
    columns = ["horizon", "limit", *(f"step {radius:.2g}" for radius in radii), "gradient norms"]
    lines: dict[tuple[int, float], dict[float, Any]] = {}
    for row in result["rows"]:
        lines.setdefault((row["horizon"], row["limit"]), {})[row["radius"]] = row
    rows = [
        [
            horizon,
            f"{limit:g}" if limit else "exact",
            *(_cell(line[radius]) for radius in radii),
            ", ".join(number(norm, 2) for norm in line[radii[0]]["norms"]),
        ]
        for (horizon, limit), line in lines.items()
    ]
    name = simulator_name(result)
    title = f"{result['task']}: correlation of gradients through the {name} with the value's change"
    shown = table(columns, rows, title=title)
    shown.caption = (
        f"{result['advice']} Means over {result['points']} points, {result['directions']} "
        f"directions at each; a random direction has 0 ± {result['random']:.2f}, and a gradient is "
        f"worth its cost above {result['worth']:.2f}; {result['figure']}"
    )
    return shown


def _cell(row: dict[str, Any]) -> str:
    if row["correlation"] is None:
        return "–"
    return f"{row['correlation']:.2f} ± {row['error']:.2f}"
