"""What `rope` has learned, as pictures: its constraint around a true frame, and added obstacles.

`rope-landscape.png`: the constraint in the plane of the first inner steps and of the true next
frame, of ropes of held-out motion, and how far the steps are from both. `rope-penetration.png`: how
deep nodes are in a floor, a disk and a wall that no training has shown, over time.

    python -m benchmarks.studies.constraint_pictures
"""

import dataclasses
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from benchmarks._common import arguments, publish, show
from invdesign import load
from invdesign.families.rope._added import added_obstacles, depths, ropes_beside
from invdesign.families.rope._evaluate import held_out_ropes
from invdesign.families.rope._rollouts import simulated_ropes
from invdesign.families.rope._ropes import RADIUS, RandomRopes
from invdesign.scenes._ropes import rope_scene
from invdesign.simulators import GradientSteps, HardContact, SoftContact
from invdesign.simulators.constraint._simulator import MotionState
from invdesign.viz import save_figure
from invdesign.viz._style import (
    CYCLE,
    INK,
    MUTED,
    headline,
    log_axis,
    new_figure,
    plain_legend,
    style_curves,
)

OPTIONS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("--images", {"type": Path, "default": Path("docs/images"), "help": "folder of the figures"}),
)
_MOMENTS = ((0, 30), (4, 60))  # ropes and frames of the landscapes
_LONG = 200  # inner steps, which come to the minimum
_GRID = 61  # points along an axis
_LEAST = 1e-7  # of a radius: what is drawn of a node that is outside


@dataclasses.dataclass(frozen=True)
class Landscape:
    """The constraint in a plane through a start, its first steps and the truth; units of it.

    **Arguments:** `across`, `along`: coordinates, `(point,)`; `value`: `(along, across)`; `path`:
    places of all inner steps in it, `(step, 2)`; `truth`: the true one; `values`, `off`: of each
    step the constraint, and how far its nodes are from the truth in metres.
    """

    across: np.ndarray
    along: np.ndarray
    value: np.ndarray
    path: np.ndarray
    truth: np.ndarray
    values: np.ndarray
    off: np.ndarray


def landscape(model: Any, rope: dict[str, np.ndarray], frame: int) -> Landscape:
    """Around the frame after that one of a rope by MuJoCo, seen from its last two moves."""
    places = jnp.asarray(rope["positions"])
    moves = jnp.diff(places, axis=0)
    context, _ = model.init(rope_scene({k: jnp.asarray(v) for k, v in rope.items()}))
    state = MotionState(places[frame], moves[frame - model.num_past : frame])
    problem, _ = model.problem(context, state)
    truth = problem.masked((places[frame + 1] - problem.coasting) / problem.unit)
    start = jnp.zeros_like(truth)
    steps = GradientSteps(_LONG, model.solver.step_size)
    path = jnp.concatenate([start[None], jax.jit(steps.path)(problem, start)])
    first = _unit(truth)
    second = path[-1] - first * jnp.sum(first * path[-1])
    if float(jnp.linalg.norm(second)) < 1e-3:
        second = path[1] - first * jnp.sum(first * path[1])
    second = _unit(second)

    def flat(candidates: Any) -> np.ndarray:
        return np.stack([np.sum(candidates * each, axis=(-2, -1)) for each in (first, second)], -1)

    seen = np.concatenate([flat(path), flat(truth[None])])
    middle, half = 0.5 * (seen.min(0) + seen.max(0)), 0.75 * np.ptp(seen, axis=0).max()
    across, along = (np.linspace(m - half, m + half, _GRID) for m in middle)
    points = np.stack(np.meshgrid(across, along), axis=-1).reshape(-1, 2).astype(np.float32)
    plane = jnp.tensordot(points, jnp.stack([first, second]), axes=1)
    value = jax.jit(jax.vmap(problem.value))(plane).reshape(_GRID, _GRID)
    off = np.sqrt(np.sum((path - truth[None]) ** 2, axis=-1).sum(-1) / context.is_free.sum())
    return Landscape(
        across,
        along,
        np.asarray(value),
        flat(path),
        flat(truth[None])[0],
        np.asarray(jax.jit(jax.vmap(problem.value))(path)),
        off * float(problem.unit),
    )


def _unit(candidate: Any) -> Any:
    return candidate / jnp.linalg.norm(candidate)


def draw_landscapes(found: list[Landscape]) -> Any:
    """Contours with the inner path on them, and how far steps are from the truth."""
    figure = new_figure(10.4, 4.2)
    grid = figure.add_gridspec(1, 3, left=0.05, right=0.98, top=0.76, bottom=0.14, wspace=0.24)
    for column, each in enumerate(found):
        axes = figure.add_subplot(grid[0, column])
        levels = np.geomspace(each.value.min(), each.value.max(), 22)
        axes.contourf(each.across, each.along, each.value, levels=levels, cmap="Blues_r")
        axes.contour(each.across, each.along, each.value, levels=levels, colors=INK, linewidths=0.3)
        axes.plot(*each.path.T, "-o", color=CYCLE[1], markersize=3, linewidth=1.2, label="steps")
        axes.plot(*each.path[0], "o", color=INK, markersize=5, label="velocities kept")
        axes.plot(*each.path[-1], "s", color=CYCLE[1], markersize=6, label=f"after {_LONG}")
        axes.plot(*each.truth, "*", color=CYCLE[4], markersize=13, label="MuJoCo")
        style_curves(axes, title=f"Held-out rope {column + 1}", xlabel="towards the truth (units)")
        axes.set_aspect("equal")
        axes.grid(False)
        if column == 0:
            axes.legend(fontsize=7.5, loc="lower left", labelcolor=INK, framealpha=0.9)
    axes = figure.add_subplot(grid[0, 2])
    for column, (each, color) in enumerate(zip(found, CYCLE, strict=False)):
        axes.plot(np.arange(len(each.off)), 1e3 * each.off, color=color, label=f"rope {column + 1}")
    axes.set_xlim(0, 60)
    for count in (5, 10, 20):
        axes.axvline(count, color=MUTED, linewidth=0.8, linestyle=":")
    style_curves(axes, title="Off the true frame (mm)", xlabel="inner iterations")
    log_axis(axes.yaxis)
    plain_legend(axes, loc="upper right")
    headline(
        figure,
        "The learned constraint around a true next frame",
        "Low is dark, in the plane of the start, the truth and the minimum; `rope`.",
    )
    return figure


def penetration(model: Any, number: int, frames: int) -> dict[str, dict[str, np.ndarray]]:
    """The deepest node of all ropes in radii after each frame, by obstacle and by what acts."""
    found = {}
    for name, obstacles in added_obstacles().items():
        ropes = ropes_beside(obstacles, number, frames)
        runs = {"none": simulated_ropes(model, ropes, frames)}
        for way, contact in (("soft", SoftContact()), ("hard", HardContact())):
            told = dataclasses.replace(model, contact=contact)
            runs[way] = simulated_ropes(told, ropes, frames, obstacles=obstacles)
        runs["MuJoCo"] = ropes["positions"][:, 1:]
        found[name] = {
            way: depths(obstacles, run, ropes["kind"]).max(axis=(0, 2)) / RADIUS
            for way, run in runs.items()
        }
    return found


def draw_penetration(found: dict[str, dict[str, np.ndarray]], dt: float) -> Any:
    """A panel an obstacle."""
    figure = new_figure(10.4, 3.9)
    grid = figure.add_gridspec(1, 3, left=0.07, right=0.98, top=0.74, bottom=0.14, wspace=0.12)
    for column, (name, ways) in enumerate(found.items()):
        axes = figure.add_subplot(grid[0, column])
        for (way, deep), color in zip(ways.items(), CYCLE, strict=False):
            time = dt * np.arange(1, 1 + len(deep))
            axes.plot(time, np.maximum(deep, _LEAST), color=color, label=way, linewidth=1.3)
        style_curves(axes, title=name, xlabel="s", ylabel="radii" if column == 0 else "")
        axes.set_ylim(_LEAST / 2, 60)
        log_axis(axes.yaxis)
        if column == 0:
            plain_legend(axes, loc="lower left", bbox_to_anchor=(0.15, 0.17), ncols=2)
    headline(
        figure,
        "How deep the deepest node of 20 ropes is in what no training has shown",
        f"Radii of a node (2 cm); none: a model that is not told. {_LEAST:g} stands for outside.",
    )
    return figure


def main() -> None:
    given = arguments(__doc__, *OPTIONS, cached=True)
    model, quick = load("rope"), given.quick
    ropes = held_out_ropes(0, 1 + max(rope for rope, _ in _MOMENTS), RandomRopes(), 70)
    rows, found = [], []
    for rope, frame in _MOMENTS:
        each = landscape(model, {key: array[rope] for key, array in ropes.items()}, frame)
        found.append(each)
        millimetres = {n: float(1e3 * each.off[n]) for n in (0, 5, 10, 20, _LONG)}
        rows.append(
            {"rope": rope, "frame": frame, **{f"after {n}": v for n, v in millimetres.items()}}
        )
    deep = penetration(model, 2 if quick else 20, 8 if quick else 160)
    told = {name: {way: float(d.max()) for way, d in ways.items()} for name, ways in deep.items()}
    series = {name: {way: d.tolist() for way, d in ways.items()} for name, ways in deep.items()}
    publish(__file__, given, {"millimetres": rows, "deepest": told, "radii over time": series})
    show("Off the true frame in mm, after inner steps", rows)
    show("Deepest in radii", [{"obstacle": name, **ways} for name, ways in told.items()])
    images = Path("/tmp") if quick else given.images
    save_figure(images / "rope-landscape.png", draw_landscapes(found))
    save_figure(images / "rope-penetration.png", draw_penetration(deep, model.dt))


if __name__ == "__main__":
    main()
