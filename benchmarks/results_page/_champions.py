"""Whether what optimizers found holds."""

from typing import Any

import numpy as np

from ._parts import RESULTS, load, section, source, table


def _spread(values: Any) -> str:
    values = np.asarray(values)
    return f"{np.median(values):.2f} ({values.min():.2f} to {values.max():.2f})"


def _rows(name: str) -> list[dict[str, Any]]:
    """A row an optimizer of one file."""
    found = load(name)["results"]
    learned, rows = name.endswith("-learned"), []
    through, then = ("the model", "the solver") if learned else ("the solver", "the finer solver")
    ways = [_searched(run, then) for run in found["runs"]]
    for searched in dict.fromkeys(ways):
        mine = [run for run, way in zip(found["runs"], ways, strict=True) if way == searched]
        score, fine = (np.array([run[key] for run in mine]) for key in ("score", "fine_score"))
        moved = np.array([np.mean(run["moved_scores"]) for run in mine])
        rows.append(
            {
                "task": f"`{found['task']}`",
                "searched through": through,
                "optimizer": searched,
                "starts": len(mine),
                "score in the solver": _spread(score),
                "at half the spacing": _spread(fine),
                f"numbers off by {found['off']:g}": _spread(moved),
                "median of fine to usual": float(np.median(fine / np.maximum(score, 1e-6))),
            }
        )
    return rows


def _searched(run: dict[str, Any], then: str) -> str:
    """What found a design, in words; `then`: what it is taken on through, if it is."""
    more = ""
    if share := run.get("further"):
        more = f", then {share:g} of its simulations in {then}"
    if errors := run.get("errors"):
        more = f", with errors of {errors:g}"
    return f"`{run['optimizer']}`{more}"


def champions() -> str:
    """The table of all stored files."""
    names = [path.stem for path in sorted(RESULTS.glob("champions-*.json"))]
    rows = [row for name in names for row in _rows(name)]
    return section(
        "Do these designs hold?",
        "What `optimizers` found that fits, at twice the solver's resolution, and with every "
        "number moved by a normal error (radians, mean over five draws): "
        "`python -m benchmarks.studies.champions --task TASK [--simulator learned] "
        "[--further 0.25] [--errors 0.02]`.",
        table(rows),
        *map(source, names),
    )
