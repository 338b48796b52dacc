"""A family that somebody registers goes through every command, and nothing else is edited."""

import dataclasses
import json

import numpy as np
import pytest
from typer.testing import CliRunner

from invdesign.cli import app
from invdesign.families import register, unregister
from invdesign.families._registry import known_family, load_config
from invdesign.io import read_history
from invdesign.studies import RunConfig, resolve
from invdesign.studies._resolve import reference_for
from invdesign.training import TrainingRun, _shards

from . import toy

TASKS = """
from {module} import throw
TASKS = {{"throw": throw}}
task = throw
"""
CONFIG = """
name = "small"
family = "ball"
model = {size = 1}
data = {number = 5, seed = 0}
training = {clip = 1.0, seed = 0, held_out = 1}

[frames]
steps = 200
batch = 4
learning_rate = 1e-2
final_learning_rate = 1e-4
warmup = 0
ema = 0.9
evaluate_every = 100
"""


@pytest.fixture(scope="module", autouse=True)
def ball():
    register(toy.BALL)
    yield
    unregister(toy.NAME)


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    folder = tmp_path_factory.mktemp("ball")
    (folder / "tasks.py").write_text(TASKS.format(module=toy.__name__))
    (folder / "small.toml").write_text(CONFIG)
    return folder


@pytest.fixture(scope="module")
def task(place):
    return f"{place / 'tasks.py'}:task"


def call(*words):
    result = CliRunner().invoke(app, ["--no-cache", *map(str, words)])
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


def said(*words):
    result = call(*words, "--json")
    assert result.exit_code == 0, result.stderr
    return json.loads(result.stdout.splitlines()[-1])


@pytest.fixture(scope="module")
def weights(place):
    """Trained in two parts, on data that were interrupted."""
    data, out = place / "data", place / "training"
    with pytest.MonkeyPatch.context() as patch:
        write, written = _shards.write_npz, []

        def killed(path, **arrays):
            if written:
                raise KeyboardInterrupt
            written.append(write(path, **arrays))

        patch.setattr(_shards, "write_npz", killed)
        assert call("data", "ball", "--cases", 5, "--out", data).exit_code == 130
    assert said("data", "ball", "--cases", 5, "--out", data)["files"] == 4
    config = place / "small.toml"
    first = said("train", config, "--data", data, "--out", out, "--until", 100)
    assert first["step"] == 100 and not first["finished"]
    whole = said("train", config, "--data", data, "--out", out)
    assert whole["finished"] and whole["best_agreement"] > 0.99
    return out / "best.safetensors"


@pytest.fixture(scope="module")
def run(place, task, weights):
    out = place / "run"
    found = said(
        "run", task, "--model", weights, "--frames", 6, "--steps", 30, "--patience", 0, "--out", out
    )
    return out, found


def test_training_in_parts_is_training_at_once(place, weights):
    config = toy_config(place)
    straight = TrainingRun(config, place / "data", place / "straight")
    straight.run()
    parts = TrainingRun(config, place / "data", place / "training")
    np.testing.assert_array_equal(straight.simulator().network, parts.simulator().network)


def toy_config(place):
    return load_config(place / "small.toml")


def test_a_run_is_searched_verified_and_drawn(run):
    out, found = run
    assert found["score"] > 0.9 > found["score_initial"]
    assert abs(found["reference_score_mean"] - found["score"]) < 0.05
    assert (out / "figure.png").exists() and (out / "motion.npz").exists()
    assert len(read_history(out / "history.csv")) == 30


def test_the_rest_of_the_commands(run, place, task, weights):
    out, found = run
    verified = said("verify", out, "--task", task)
    assert verified["reference_score_mean"] == pytest.approx(found["reference_score_mean"])
    (out / "figure.png").unlink()
    assert said("figures", out)["files"] == [str(out / "figure.png")]
    report = said("evaluate", weights, "--balls", 2, "--out", place / "card")
    assert report["error"] < 0.05 and (place / "card" / "card.md").exists()
    assert said("where", 1.0, "--frames", 2)["place"] == pytest.approx(0.9701)
    options = {each["option"]: each for each in said("tasks", task)["options"]}
    assert options.keys() == {"--frames", "--target", "--price"}
    assert options["--frames"]["range"] == "at least 2 and at most 50"


def test_gradients_are_checked(place, task, weights):
    words = ("--model", weights, "--directions", 2, "--out", place / "check")
    rows = said("gradcheck", task, *words)["rows"]
    assert rows[-1]["horizon"] == 8 and rows[-1]["cosine"] > 0.999
    # A design that acts through the start alone has no effect from a later state on.
    assert rows[0]["gradient_norm"] == 0


def test_a_model_is_refined(place, task, weights):
    words = ("--rounds", 1, "--steps", 4, "--designs", 3, "--updates", 4, "--tolerance", 0)
    out = place / "refined"
    rounds = said("refine", task, "--model", weights, *words, "--out", out)["rounds"]
    assert len(rounds) == 2 and (out / "model.safetensors").exists()


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (("--frames", 1), "`--frames` takes a whole number at least 2 and at most 50, got `1`"),
        (("--frames", "x"), "`--frames` takes a whole number"),
        (("--price", 0.5), "`--price` takes a number at least 1"),
        (("--joints", 3), "`--joints` is no option of `throw`, a task of balls; it has `--frames`"),
        (("--gradient-limit", 0.1), "it has `--frames`, `--target`, `--price`"),
        (("--frames",), "`--frames` is no option here, or lacks its value"),
        (("more",), "unexpected extra argument(s) (more)"),
        (("--model", "water2d"), "is a model of water; this needs one of balls"),
    ],
)
def test_what_nobody_honors_is_refused(task, weights, words, reason):
    words = words if "--model" in words else ("--model", weights, *words)
    result = call("run", task, *words)
    assert result.exit_code == 2 and reason in result.stderr


def test_options_may_stand_before_the_task(task, weights):
    result = call("run", "--frames", 1, "--model", weights, task)
    assert result.exit_code == 2 and "`--frames` takes a whole number" in result.stderr


def test_python_finds_what_the_commands_find(task, weights):
    config = RunConfig(task=task, options={"frames": 5, "price": 3}, model=str(weights))
    resolved = resolve(config)
    assert resolved.problem.gradient_cost == 3 and resolved.task.num_steps == 5
    assert resolved.family is toy.BALL
    assert isinstance(reference_for(resolved.task).simulator, toy.Spring)


def test_another_family_of_its_name_is_refused():
    with pytest.raises(ValueError, match="`sphere` is the name of a family already"):
        register(dataclasses.replace(toy.BALL, name="sphere", aliases=()))


def test_two_families_of_one_scene_have_to_be_told_apart():
    other = register(dataclasses.replace(toy.BALL, name="marble", aliases=(), commands={}))
    try:
        with pytest.raises(ValueError, match=r"which `ball`, `marble` have; name one of them"):
            known_family(toy.throw())
        named = dataclasses.replace(toy.throw(), family="marble")
        assert known_family(named) is other
        with pytest.raises(ValueError, match="no family named `marbles`"):
            known_family(dataclasses.replace(named, family="marbles"))
    finally:
        unregister("marble")
