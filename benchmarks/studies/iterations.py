"""What do more inner iterations bring on ropes of 5 to 10, 20 and 40 nodes, under `rope`?

For 20 nodes their number is chosen on ropes of its own, and the error is told on others. Each size
and number is a row of 160 frames beside MuJoCo; what is measured already is not measured again. The
figure goes into the documentation's images.

    python -m benchmarks.studies.iterations
"""

from pathlib import Path
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np

from benchmarks._common import RESULTS, arguments, publish, show
from invdesign import load
from invdesign.families._iterations import iterated
from invdesign.families.rope._evaluate import held_out_ropes
from invdesign.families.rope._rollouts import rope_errors, simulated_ropes
from invdesign.families.rope._ropes import RandomRopes
from invdesign.io._reading import read_json
from invdesign.scenes import NodeKind
from invdesign.scenes._ropes import rope_scene
from invdesign.simulators import GradientSteps
from invdesign.simulators.constraint._simulator import MotionState
from invdesign.viz import save_figure
from invdesign.viz._style import (
    CYCLE,
    MARKERS,
    headline,
    log_axis,
    new_figure,
    plain_legend,
    style_curves,
)

OPTIONS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("--images", {"type": Path, "default": Path("docs/images"), "help": "folder of the figure"}),
)
_LARGER = {number: RandomRopes(nodes=(number, number), padded=number) for number in (20, 40)}
# Name, ropes, their seed, how many, and numbers of iterations.
SETS: tuple[tuple[str, RandomRopes, int, int, tuple[int, ...]], ...] = (
    ("20 nodes, to choose by", _LARGER[20], 1, 30, (5, 7, 10, 14, 20, 30, 40)),
    ("20 nodes", _LARGER[20], 0, 30, (5, 7, 10, 14, 20, 30, 40)),
    ("5 to 10 nodes", RandomRopes(), 0, 30, (5, 7, 10, 14, 20, 30, 40)),
    ("40 nodes", _LARGER[40], 0, 10, (5, 10, 20)),
)
_FRAMES, _COUNTS = (20, 60, 100, 140), (5, 10, 20, 200, 1000)  # of single frames
_SHOWN = ("5 to 10 nodes", "20 nodes", "40 nodes")


def main() -> None:
    given = arguments(__doc__, *OPTIONS, cached=True)
    out = given.out or RESULTS / "iterations.json"
    known = read_json(out)["results"] if out.exists() else {}
    rows = known.get("rows", [])
    model, frames = load("rope"), 4 if given.quick else 160
    single = known.get("single frames") or minimum(model, given.quick)
    show("Single frames, medians", single)
    for name, ropes, seed, number, counts in SETS[:1] if given.quick else SETS:
        truth = held_out_ropes(seed, 2 if given.quick else number, ropes, frames)
        for count in counts:
            if any((name, count) == (row["ropes"], row["iterations"]) for row in rows):
                continue
            found = simulated_ropes(iterated(model, count), truth, frames)
            errors = rope_errors(found, truth)
            rows.append({"ropes": name, "iterations": count, "errors": errors.tolist()})
            publish(__file__, given, {"frames": frames, "single frames": single, "rows": rows})
    publish(__file__, given, {"frames": frames, "single frames": single, "rows": rows})
    show("Errors over 160 frames", [_told(row) for row in rows])
    if not given.quick:
        save_figure(given.images / "rope-iterations.png", drawn(rows))


@eqx.filter_jit
def single_frames(model: Any, ropes: dict[str, Any], count: int) -> Any:
    """What inner solves from MuJoCo's states add to moves, and the truth, in metres.

    **Returns:** after each of `_COUNTS`, `(problem, count, node, 2)`, and the truth without them.
    """

    def one(rope: dict[str, Any], frame: int) -> Any:
        places, moves = rope["positions"], jnp.diff(rope["positions"], axis=0)
        context, _ = model.init(rope_scene(rope))
        state = MotionState(places[frame], moves[frame - model.num_past : frame])
        problem, _ = model.problem(context, state)
        truth = problem.masked(places[frame + 1] - problem.coasting)
        path = GradientSteps(count, model.solver.step_size).path(problem, jnp.zeros_like(truth))
        return problem.unit * path[jnp.asarray(_COUNTS) - 1], truth

    found = [jax.vmap(lambda rope, frame=frame: one(rope, frame))(ropes) for frame in _FRAMES]
    return jnp.concatenate([f for f, _ in found]), jnp.concatenate([t for _, t in found])


def minimum(model: Any, quick: bool) -> list[dict[str, Any]]:
    """How far inner solves are from a frame by MuJoCo, and from where 1000 steps come to."""
    truth = held_out_ropes(0, 2 if quick else 30, RandomRopes(), 1 + _FRAMES[-1])
    ropes = {key: jnp.asarray(rows) for key, rows in truth.items()}
    paths, true = single_frames(model, ropes, _COUNTS[-1])
    free = np.tile(np.asarray(truth["kind"]) == NodeKind.FREE, (len(_FRAMES), 1))

    def off(ends: Any) -> float:
        squared = np.where(free, np.sum(np.asarray(ends) ** 2, axis=-1), 0.0)
        return float(1e3 * np.median(np.sqrt(squared.sum(axis=1) / free.sum(axis=1))))

    return [
        {
            "iterations": count,
            "off MuJoCo's frame (mm)": off(paths[:, index] - true),
            "off the last (mm)": off(paths[:, index] - paths[:, -1]),
        }
        for index, count in enumerate(_COUNTS)
    ]


def _told(row: dict[str, Any]) -> dict[str, Any]:
    errors = np.asarray([np.inf if each is None else each for each in row["errors"]])
    return {
        "ropes": row["ropes"],
        "iterations": row["iterations"],
        "median error (m)": float(np.median(errors)),
        "lost (%)": float(100 * np.isinf(errors).mean()),
        "number": len(errors),
    }


def drawn(rows: list[dict[str, Any]]) -> Any:
    """Errors, and shares of ropes that are lost, over inner iterations."""
    figure = new_figure(9.6, 3.9)
    grid = figure.add_gridspec(1, 2, left=0.08, right=0.98, top=0.74, bottom=0.14, wspace=0.2)
    told = [_told(row) for row in rows]
    for column, (key, title) in enumerate(
        (("median error (m)", "Error over 160 frames (m)"), ("lost (%)", "Ropes that break (%)"))
    ):
        axes = figure.add_subplot(grid[0, column])
        for name, color, marker in zip(_SHOWN, CYCLE, MARKERS, strict=False):
            mine = sorted((r for r in told if r["ropes"] == name), key=lambda r: r["iterations"])
            values = [r[key] if np.isfinite(r[key]) else np.nan for r in mine]
            axes.plot(
                [r["iterations"] for r in mine], values, color=color, marker=marker, label=name
            )
        style_curves(axes, title=title, xlabel="inner iterations")
        log_axis(axes.xaxis)
        if column == 0:
            log_axis(axes.yaxis)
        else:
            axes.set_ylim(-3, 103)
            plain_legend(axes, loc="upper right")
    headline(
        figure,
        "What more inner iterations bring",
        "`rope`, which has learned with 5; medians of 30 ropes (40 nodes: 10); no point where half "
        "are lost.",
    )
    return figure


if __name__ == "__main__":
    main()
