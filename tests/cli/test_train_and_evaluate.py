"""`data`, `train` and `evaluate` on a few steps of a model of eight numbers a particle."""

import json
import os
import signal
from pathlib import Path

import pytest

from invdesign.cli.train import Stopper, default_data, find_config
from invdesign.families._registry import load_config
from invdesign.families.water import _judge, _source, _training
from invdesign.families.water._data import generate_water
from invdesign.io import read_history

SHIPPED = ("water2d-open", "water2d", "water2d-plain")
# The sizes of the tests of training itself, so that programs are compiled once for both.
CONFIG = """
name = "tiny"
family = "water"

[model]
latent = 8
num_steps = 1
depth = 1
normalize = true
radius = 0.028
reach = 0.04

[data]
num_trajectories = 3
seed = 4
clutter = 0.0

[training]
clip = 1.0
seed = 0
held_out = 1

[one_step]
steps = 6
graphs_per_batch = 2
learning_rate = 1e-3
final_learning_rate = 1e-5
warmup = 2
noise = 3e-4
position_noise = 3e-4
ema = 0.99
evaluate_every = 3
"""


@pytest.fixture(scope="module")
def short_data():
    """Makes `invdesign data` simulate eight frames a trajectory instead of all."""

    def short(*arguments, **options):
        return generate_water(*arguments, **{**options, "num_steps": 8})

    with pytest.MonkeyPatch.context() as patch:
        for module in (_source, _training):
            patch.setattr(module, "generate_water", short)
        yield


@pytest.fixture(scope="module")
def trained(place, invoke, last_json, short_data):
    """A training in two parts, which makes its own data: folders, and what both parts said."""
    config, data, out = place / "tiny.toml", place / "water", place / "training"
    config.write_text(CONFIG)
    arguments = ("train", config, "--data", data, "--out", out)
    first = invoke(*arguments, "--steps-now", 3, "--json")
    second = invoke(*arguments, "--json")
    return data, out, first, last_json(second)


def test_a_training_is_done_in_parts(trained, last_json):
    data, out, first, second = trained
    said = last_json(first)
    assert (said["step"], said["finished"]) == (3, False)
    again = f"invdesign train {out.parent / 'tiny.toml'} --data {data} --out {out}"
    assert "".join(again.split()) in "".join(first.stderr.split())  # long paths are wrapped
    assert (second["step"], second["steps"], second["finished"]) == (6, 6, True)
    rows = read_history(out / "metrics.csv")
    assert [row["step"] for row in rows] == [3, 6]
    assert second["best_overlap"] == max(row["overlap"] for row in rows)
    assert (data / "metadata.json").exists() and (out / "best.safetensors").exists()


def test_a_finished_training_is_only_reported(trained, invoke, last_json):
    data, out, _, second = trained
    before = (out / "best.safetensors").stat().st_mtime_ns
    again = invoke("train", out.parent / "tiny.toml", "--data", data, "--out", out, "--json")
    assert last_json(again) == second
    assert (out / "best.safetensors").stat().st_mtime_ns == before


def test_another_configuration_is_refused(trained, invoke, refused, tmp_path):
    data, out, _, _ = trained
    (tmp_path / "other.toml").write_text(CONFIG.replace("seed = 0", "seed = 1"))
    said = refused(invoke("train", tmp_path / "other.toml", "--data", data, "--out", out))
    assert "another configuration" in said


def test_data_of_another_configuration_are_refused(trained, invoke, refused, tmp_path):
    config, out = tmp_path / "other.toml", tmp_path / "training"
    config.write_text(CONFIG.replace("seed = 4", "seed = 1"))
    said = refused(invoke("train", config, "--data", trained[0], "--out", out))
    assert "seed 4, wanted 1" in said
    assert not out.exists()


def test_configurations_share_a_folder_if_their_data_are_the_same():
    folders = [default_data(load_config(find_config(name))) for name in SHIPPED]
    assert folders[0] == folders[2] == Path("data/water2d-800-seed0")
    assert folders[1] == Path("data/water2d-500-seed1-clutter0.35")


@pytest.mark.slow  # compiles for long
def test_evaluate_writes_a_card(trained, invoke, last_json, tmp_path, monkeypatch):
    monkeypatch.setattr(_judge, "_TASKS", ("contain-lite",))
    (tmp_path / "notes.md").write_text("## What was tried")
    weights, out = trained[1] / "best.safetensors", tmp_path / "card"
    sizes = ("--scenes", 2, "--contact", 1, "--designs", 1, "--steps", 40)
    where = ("--notes", tmp_path / "notes.md", "--out", out)
    said = last_json(invoke("evaluate", weights, *sizes, "--seed", 3, *where, "--json"))
    wanted = {
        "one_step_mse",
        "rollout_mse",
        "occupancy_overlap",
        "occupancy_floor",
        "com_error",
        "num_nonfinite",
        "num_outside",
    }
    assert wanted <= said.keys()
    assert 0 <= said["occupancy_overlap"] <= 1 and said["rollout_mse"] > 0
    card = (out / "card.md").read_text()
    for key in wanted:
        assert key in card or key == "occupancy_floor"
    pictures = sorted(out.glob("rollout-*.png"))
    assert len(pictures) == 2 and all(path.name in card for path in pictures)
    stored = json.loads((out / "metrics.json").read_text())
    assert stored["com_error"] == said["com_error"]
    assert stored["designs"]["contain-lite"].keys() >= wanted
    assert stored["designs"] == said["designs"]
    assert stored["contact"].keys() >= wanted | {"skill", "skill_error", "contact_share"}
    assert stored["contact_skill"] == said["contact"]["skill"] == stored["contact"]["skill"]
    assert "| scenes with contact |" in card and "| contain-lite |" in card
    assert card.rstrip().endswith("## What was tried")


def test_evaluate_refuses_what_is_no_model(invoke, refused, tmp_path):
    (tmp_path / "bad.safetensors").write_bytes(b"no")
    assert "bad.safetensors" in refused(invoke("evaluate", tmp_path / "bad.safetensors"))
    assert "no pretrained model" in refused(invoke("evaluate", "wine3d"))


def test_configurations_by_name(refused, invoke, tmp_path):
    assert load_config(find_config("water2d")).name == "water2d"
    assert "did you mean `water2d`" in refused(invoke("train", "water2"))
    (tmp_path / "bad.toml").write_text("name = 1 2")
    assert "not a TOML file" in refused(invoke("train", tmp_path / "bad.toml"))
    (tmp_path / "odd.toml").write_text(CONFIG + "colour = 3\n")
    assert "one_step.colour" in refused(invoke("train", tmp_path / "odd.toml"))


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_ctrl_c_waits_for_the_next_row(number):
    before = signal.getsignal(number)
    with Stopper() as stopper:
        stopper.aligned = True
        assert not stopper()
        os.kill(os.getpid(), number)
        assert not stopper()  # the state could not be kept here
        stopper.aligned = True
        assert stopper()
        with pytest.raises(KeyboardInterrupt):
            os.kill(os.getpid(), number)
    assert signal.getsignal(number) is before
