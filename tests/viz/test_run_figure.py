import dataclasses

import numpy as np
import pytest
from PIL import Image

from invdesign import viz
from invdesign.families.water._render import render_run
from invdesign.io._history import history_columns, write_history
from invdesign.io._run_directory import open_run_directory
from invdesign.io._sealed import write_sealed
from invdesign.io._trajectory_file import write_trajectory
from invdesign.viz._goals import inside
from invdesign.viz._run_figure import run_subtitle, run_title

SUMMARY = {
    "task": "contain",
    "optimizer": "adam",
    "seed": 3,
    "simulator": "learned",
    "score_initial": 0.12,
    "score": 0.834,
    "reference_score_mean": 0.79,
    "reference_score_std": 0.021,
    "simulator_steps": 20000,
    "seconds": 103.4,
}


def texts(figure):
    titles = [a.get_title(loc=side) for a in figure.axes for side in ("left", "right")]
    titles += [a.get_xlabel() for a in figure.axes]
    return titles + [text.get_text() for text in figure.texts]


def test_title_holds_the_numbers_that_matter():
    told = "contain: score 0.12 → 0.83, in the reference solver 0.79 ± 0.02"
    assert run_title(SUMMARY) == f"{told} (unseen scenes)"
    known = {**SUMMARY, "fine_score_mean": 0.771, "reference_scores": [0.8, None, 0.78]}
    assert run_title(known) == f"{told}, twice as fine 0.77 (3 unseen scenes)"
    assert run_subtitle(SUMMARY) == (
        "adam  ·  seed 3  ·  through the learned simulator  ·  20k simulator steps  ·  103 s"
    )


@pytest.mark.parametrize("unknown", [None, float("nan")])
def test_title_leaves_out_what_is_not_known(unknown):
    assert run_title({"task": "ramp", "score": 0.5, "score_initial": unknown}) == (
        "ramp: score 0.50 (unseen scenes)"
    )
    assert run_title({"task": "ramp", "score": unknown}) == "ramp"
    assert run_title({}) == "run"
    assert run_subtitle({"seconds": unknown}) == ""


def test_panels_and_curves(trajectory, rows):
    figure = viz.run_figure(trajectory, history_columns(rows), SUMMARY)
    assert len(figure.axes) == 6
    shown = texts(figure)
    for title in ("Initial tool, learned simulator", "Optimized, reference solver"):
        assert title in shown
    share = inside(trajectory.simulated[-1], trajectory.region).mean()
    assert f"{share:.0%} in the goal, this scene  ·  1.00 s" in shown
    assert any("pictures: the first unseen scene" in text for text in shown)
    value, score, gradient = figure.axes[3:]
    current, best = value.lines
    # The failed step is left out of the curve, and so is the unknown score.
    assert len(current.get_xdata()) == len(rows) - 1
    np.testing.assert_array_equal(best.get_ydata(), [row["best_value"] for row in rows])
    assert len(score.lines[0].get_xdata()) == len(rows) - 1
    assert gradient.get_yscale() == "log"


def test_without_reference_region_or_gradients(trajectory, rows):
    bare = dataclasses.replace(trajectory, reference=None, region=None)
    rows = [{**row, "gradient_norm": float("nan")} for row in rows]
    figure = viz.run_figure(bare, history_columns(rows), {"simulator": "reference"})
    assert len(figure.axes) == 6
    assert {"Start", "Optimized, reference solver"} <= set(texts(figure))
    assert not figure.axes[-1].lines or len(figure.axes[-1].lines[0].get_xdata()) == 0
    figure.canvas.draw()


def make_run(path, trajectory, rows):
    run = open_run_directory(path, {"task": "contain", "optimizer": "adam", "seed": 0})
    write_trajectory(run / "trajectory.npz", trajectory)
    further = dict.fromkeys(("violation", "charged_steps", "seconds"), 1.0)
    further |= dict.fromkeys(("gradient_steps", "num_failed", "result"), 0)
    write_history(run / "history.csv", [{**further, **row} for row in rows])
    return run


def test_pictures_from_a_run_directory_alone(tmp_path, trajectory, rows):
    short = dataclasses.replace(
        trajectory,
        **{name: getattr(trajectory, name)[::25] for name in ("initial", "simulated", "reference")},
    )
    run = make_run(tmp_path / "run", short, rows)
    write_sealed(run / "verification.json", {"reference_score_mean": 0.5, "score": 0.6})
    png, gif = render_run(run.path)
    assert (png.name, gif.name) == ("figure.png", "animation.gif")
    with Image.open(png) as picture, Image.open(gif) as moving:
        assert picture.size[0] > 1200
        assert moving.n_frames == 5
    first = png.read_bytes(), gif.read_bytes()
    png.unlink()
    gif.unlink()
    again = render_run(run.path)
    assert tuple(path.read_bytes() for path in again) == first
    render_run(run.path, {"score": 0.9})
    assert png.read_bytes() != first[0]


def test_a_run_without_a_trajectory_is_named(tmp_path, trajectory, rows):
    run = make_run(tmp_path / "run", trajectory, rows)
    (run / "trajectory.npz").unlink()
    with pytest.raises(ValueError, match=r"trajectory\.npz` cannot be read"):
        render_run(run.path)
    assert not (run / "figure.png").exists()
