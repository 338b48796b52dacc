"""`invdesign run`: what it says, what it leaves, how it goes on."""

import csv
import dataclasses
import json
import os
import shutil
import signal
import sys

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from invdesign._evaluation import Evaluation
from invdesign._problem import Problem
from invdesign._solve import _driver
from invdesign.cli._choice import Kind
from invdesign.cli.run import default_out
from invdesign.families.water import _showing
from invdesign.io import read_design, read_history, read_trajectory
from invdesign.io._reading import read_json
from invdesign.io._run_directory import RunDirectory
from invdesign.reference import MPM
from invdesign.spaces import JointChain
from invdesign.studies import _outputs, seeded_start
from invdesign.studies._optimizers import Effort, contestant, default_optimizer
from invdesign.studies._registry import load_task

FILES = {
    "config.json",
    "history.csv",
    "design.json",
    "trajectory.npz",
    "verification.json",
    "tool.svg",
    "tool.dxf",
    "tool.stl",
    "tool.obj",
    "figure.png",
    "animation.gif",
    "report.html",
    "champions.npz",
    "solve.npz",
}
TWO_CHAINS = """
import invdesign as inv
from invdesign.objectives import GaussianReward, RegionFraction
from invdesign.spaces import JointChain, Product

blocks = inv.jittered_blocks(1, seed=0, center=(0.125, 0.12), counts=(4, 4), shift=0.005)
chains = [JointChain(3, 0.08, (x, 0.06), root=1) for x in (0.07, 0.18)]
task = inv.Task("two", Product(chains), inv.BuildWater(upper=(0.25, 0.25)), blocks, blocks,
                GaussianReward((0.125, 0.1), (0.05, 0.05)), RegionFraction((0, 0), (0.2, 0.1)), 4)
"""
KEYS = {
    "task",
    "optimizer",
    "seed",
    "score_initial",
    "score",
    "reference_score_mean",
    "reference_score_std",
    "simulator_steps",
    "gradient_steps",
    "seconds",
    "out",
}


def test_a_run_leaves_all_its_files(finished):
    out, _ = finished
    assert {path.name for path in out.iterdir()} == FILES


def test_a_run_ends_where_nothing_gets_better(invoke, tiny, tmp_path, last_json):
    still = ["--steps", 5, "--learning-rate", 1e-9, "--patience", 1, "--out", tmp_path / "out"]
    said = last_json(invoke("run", tiny, "--simulator", "reference", *still, "--json"))
    assert said["reason"].startswith("plateau: the value improved by") and said["iterations"] == 2
    assert read_json(tmp_path / "out" / "config.json")["configuration"]["patience"] == 1


def test_json_says_what_the_issue_asks_for(finished):
    out, said = finished
    assert said.keys() >= KEYS
    assert (said["task"], said["optimizer"], said["seed"]) == ("tiny", "coupled-adam", 0)
    assert said["out"] == str(out)
    # Two iterations of one scene of six steps, each of them differentiated.
    assert said["simulator_steps"] == said["gradient_steps"] == 12
    assert 0 <= said["score"] <= 1 and 0 <= said["reference_score_mean"] <= 1
    assert said["gap"] == pytest.approx(said["score"] - said["reference_score_mean"])
    scores = np.asarray(said["reference_scores"])
    assert said["reference_score_mean"] == pytest.approx(scores.mean())
    assert said["reference_score_std"] == pytest.approx(scores.std())
    assert said["seconds"] == pytest.approx(sum(said["seconds_by_phase"].values()))
    assert 0 < said["compiling_by_phase"]["search"] < said["seconds_by_phase"]["search"]


def test_the_files_agree_with_each_other(finished, tiny):
    out, said = finished
    history = read_history(out / "history.csv")
    assert [row["iteration"] for row in history] == [0, 1]
    assert history[-1]["simulator_steps"] == said["simulator_steps"]
    design, trajectory = read_design(out / "design.json"), read_trajectory(out / "trajectory.npz")
    np.testing.assert_allclose(trajectory.tool_segments, design.segments, atol=1e-6)
    task = load_task(tiny)
    first = task.space.decode(task.space.initial())
    np.testing.assert_allclose(trajectory.initial_tool_segments, first.segments, atol=1e-6)
    assert np.abs(trajectory.tool_segments - trajectory.initial_tool_segments).max() > 1e-3
    assert trajectory.simulated.shape == trajectory.reference.shape == (7, 16, 2)
    assert trajectory.spacing == pytest.approx(1 / 80, rel=1e-4)
    assert json.loads((out / "config.json").read_text())["configuration"]["steps"] == 2


def test_a_finished_run_is_only_reported_again(finished, tiny, weights, invoke, last_json):
    out, said = finished
    before = {path.name: path.stat().st_mtime_ns for path in out.iterdir()}
    again = invoke("run", tiny, "--model", weights, "--steps", 2, "--out", out, "--json")
    assert last_json(again) == said
    after = {path.name: path.stat().st_mtime_ns for path in out.iterdir()}
    # The configuration is written again as the proof that the folder is writable.
    assert {name for name in FILES if before[name] != after[name]} <= {"config.json"}


def test_a_table_names_the_numbers_that_matter(finished, tiny, weights, invoke):
    out, _ = finished
    shown = invoke("run", tiny, "--model", weights, "--steps", 2, "--out", out).stdout
    for words in ("score before", "score after (learned)", "score after (reference)"):
        assert words in shown
    assert "12" in shown and "unseen conditions" in shown and "simulator steps" in shown


def test_through_the_reference_solver_both_scores_are_one(place, tiny, invoke, last_json):
    out = place / "reference"
    arguments = ("--simulator", "reference", "--budget", 60, "--optimizer", "cem")
    more = ("--population", 4, "--elites", 2, "--out", out, "--json")
    said = last_json(invoke("run", tiny, *arguments, *more))
    assert said["score"] == said["reference_score_mean"] and said["gap"] == 0
    assert said["gradient_steps"] == 0 and said["simulator_steps"] == 48  # two times 4 x 6
    assert read_trajectory(out / "trajectory.npz").reference is None
    assert (out / "figure.png").exists()


@pytest.mark.slow  # compiles for long
def test_several_models_are_an_ensemble(place, tiny, weights, invoke, last_json):
    """Twice the same model agrees with itself: the score is that of one."""
    out = place / "ensemble"
    models = f"{weights},{weights}"
    said = last_json(invoke("run", tiny, "--model", models, "--steps", 1, "--out", out, "--json"))
    single = place / "single"
    alone = last_json(
        invoke("run", tiny, "--model", weights, "--steps", 1, "--out", single, "--json")
    )
    assert said["score_initial"] == pytest.approx(alone["score_initial"], abs=1e-6)
    assert read_json(out / "config.json")["configuration"]["model"].count(",") == 1
    assert read_trajectory(out / "trajectory.npz").simulated.shape[1] == 32  # of both


def test_starts_from_a_design(place, finished, tiny, weights, invoke, last_json):
    out, said = finished
    arguments = ("--model", weights, "--steps", 1, "--init", out / "design.json", "--json")
    again = last_json(invoke("run", tiny, *arguments, "--out", place / "from-design"))
    assert again["score_initial"] == said["score"]
    first = read_history(place / "from-design" / "history.csv")[0]
    assert first["value"] <= read_history(out / "history.csv")[0]["value"]


def test_a_seed_moves_the_start_of_a_descent(tiny):
    """From 1 on, by the spread of comparisons; 0 is the task's own start, or that of `--init`."""
    space = load_task(tiny).space
    np.testing.assert_array_equal(seeded_start(space, 0), space.initial())
    moved = np.asarray([seeded_start(space, seed) - space.initial() for seed in range(1, 200)])
    assert moved.std() == pytest.approx(0.1, rel=0.1) and abs(moved.mean()) < 0.02
    given = jnp.full(space.size, 0.3)
    np.testing.assert_array_equal(seeded_start(space, 0, about=given), given)
    np.testing.assert_allclose(seeded_start(space, 1, about=given) - given, moved[0], atol=1e-6)


def test_a_run_starts_where_its_seed_says(monkeypatch, tmp_path, tiny, weights, invoke):
    """For every optimizer alike."""
    starts = {}

    def stub(out, configuration, *rest, initial, **settings):
        starts[configuration["optimizer"], configuration["seed"]] = np.asarray(initial)
        raise KeyboardInterrupt

    monkeypatch.setattr(sys.modules["invdesign.studies._run_resolved"], "run_design", stub)
    space = load_task(tiny).space
    for optimizer in ("coupled-adam", "cmaes"):
        for seed in (0, 3):
            arguments = ("--optimizer", optimizer, "--seed", seed, "--out", tmp_path / "out")
            invoke("run", tiny, "--model", weights, "--steps", 1, *arguments)
            np.testing.assert_array_equal(starts[optimizer, seed], seeded_start(space, seed))


def test_two_chains_leave_all_their_files(tmp_path, invoke, last_json):
    (tmp_path / "two.py").write_text(TWO_CHAINS)
    out, source = tmp_path / "out", f"{tmp_path / 'two.py'}:task"
    assert default_optimizer(load_task(source)) == "coupled-adam"
    assert load_task(source).space.step == pytest.approx(0.4)  # of chains of three joints
    arguments = ("--simulator", "reference", "--steps", 1, "--optimizer", "random")
    said = last_json(invoke("run", source, *arguments, "--population", 2, "--out", out, "--json"))
    assert said["notes"] == []
    assert {path.name for path in out.iterdir()} == FILES
    assert read_design(out / "design.json").segments.shape == (6, 2, 2)
    assert read_trajectory(out / "trajectory.npz").tool_segments.shape == (6, 2, 2)


def test_a_picture_that_fails_is_a_note(monkeypatch, finished, place, tiny, weights, invoke):
    """The result is there before, stays as it is, and the next attempt may draw it."""
    copy = place / "undrawn"
    shutil.copytree(finished[0], copy)
    (copy / "figure.png").unlink()

    def fails(path):
        raise TypeError("no such shape\nat all")

    arguments = ("run", tiny, "--model", weights, "--steps", 2, "--out", copy, "--json")
    monkeypatch.setattr(_showing, "render_run", fails)
    for _ in range(2):
        said = json.loads(invoke(*arguments).stdout.splitlines()[-1])
        notes = [
            *finished[1]["notes"],
            "the pictures could not be drawn (TypeError: no such shape)",
        ]
        page = str(copy / "report.html")
        assert said == {**finished[1], "notes": notes, "out": str(copy), "report": page}
    monkeypatch.undo()
    assert invoke(*arguments).exit_code == 0 and (copy / "figure.png").exists()


def test_a_full_disk_is_no_note(monkeypatch, tmp_path):
    def full(run):
        raise ValueError("cannot be written") from OSError(28, "no space left")

    monkeypatch.setattr(_outputs, "draw_outputs", full)
    with pytest.raises(ValueError, match="cannot be written"):
        _outputs.drawn(RunDirectory(tmp_path, {}, "0", resumed=True))


def test_default_folders_keep_the_simulators_apart(tiny):
    task = load_task(tiny)
    assert str(default_out(task, "adam", 3, Kind.LEARNED)) == "runs/tiny-adam-3"
    assert str(default_out(task, "adam", 3, Kind.REFERENCE)) == "runs/tiny-adam-3-reference"


@pytest.mark.parametrize("optimizer", ["sgd", "lbfgs", "bfgs", "cmaes", "random", "cmaes-adam"])
def test_every_optimizer_has_a_name(optimizer, place, tiny, invoke, last_json):
    # 240 charged steps are 8 gradients or 40 values of one scene of six steps.
    out = place / f"named-{optimizer}"
    arguments = ("--simulator", "reference", "--budget", 240, "--optimizer", optimizer)
    if optimizer in ("cmaes", "random", "cmaes-adam"):
        arguments += ("--population", 4)  # one compiled program serves all that sample
    said = last_json(invoke("run", tiny, *arguments, "--out", out, "--json"))
    assert said["optimizer"] == optimizer and 0 < said["charged_steps"] <= 240
    assert said["reference_score_mean"] >= 0


def _without_clock(path):
    with open(path, newline="") as file:
        return [{k: v for k, v in row.items() if k != "seconds"} for row in csv.DictReader(file)]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=["ctrl-c", "terminated"])
def test_an_interrupted_run_goes_on(monkeypatch, place, finished, tiny, weights, invoke, number):
    out = place / f"interrupted-{number.name}"
    arguments = ("run", tiny, "--model", weights, "--steps", 2, "--out", out, "--json")
    advance, calls = _driver.advance, []

    def interrupted(*args, **kwargs):
        calls.append(1)
        if len(calls) == 2:
            os.kill(os.getpid(), number)
        return advance(*args, **kwargs)

    before = signal.getsignal(number)
    monkeypatch.setattr(_driver, "advance", interrupted)
    said = invoke(*arguments)
    assert signal.getsignal(number) is before
    assert said.exit_code == 130 and str(out) in said.stderr
    assert len(_without_clock(out / "history.csv")) == 1
    assert read_design(out / "design.json").task == "tiny"
    assert (out / "tool.svg").exists() and not (out / "verification.json").exists()
    assert invoke(*arguments).exit_code == 0
    whole = _without_clock(finished[0] / "history.csv")
    assert _without_clock(out / "history.csv") == whole


def test_a_learning_rate_is_in_the_unit_of_the_design():
    """Whatever the bounds of its angles, Adam turns a joint by the rate in its first step."""
    for bound in (0.3, 1.2):
        space = JointChain(4, length=0.4, anchor=(0.5, 0.5), max_bend=bound)
        task = dataclasses.replace(load_task("contain-4"), space=space, constraints=())
        problem = Problem(task, MPM())
        optimizer = contestant("adam", problem, Effort(learning_rate=0.01)).optimizer
        state = optimizer.init(space.initial(), key=jax.random.key(0))
        grad = jnp.ones((1, 4))
        one = jnp.ones(1)
        seen = Evaluation(one, grad, one, jnp.zeros((1, 0)), None, jnp.zeros(1, jnp.int32))
        latents = optimizer.ask(state, key=jax.random.key(0))
        after = optimizer.ask(optimizer.tell(state, latents, seen), key=jax.random.key(1))
        moved = space.decode(after[0]).parameters - space.decode(latents[0]).parameters
        np.testing.assert_allclose(moved, -0.01, rtol=0.02)


def test_what_a_task_is_searched_with_unless_told_otherwise():
    """Where a design has to fit it is repaired and sampled; blades of the maze fit at any angle."""
    rates = {"contain": 0.075, "contain-4": 0.3, "ramp-48": 0.025, "maze": 0.15}
    for name, rate in rates.items():
        task = load_task(name)
        assert default_optimizer(task) == ("raced-cmaes" if name == "maze" else "local-cmaes")
        assert task.space.step == pytest.approx(rate)
