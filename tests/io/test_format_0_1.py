"""Files that invdesign 0.1.0 wrote are read, drawn and verified, with a note, and not resumed."""

import dataclasses
import shutil
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from invdesign import io
from invdesign._solve import load_history
from invdesign.cli import app
from invdesign.families._registry import load_config
from invdesign.families.airfoil._data import load_foils
from invdesign.families.elastic._data import load_elastic
from invdesign.families.water._data import load_water
from invdesign.families.water._training import DataConfig, WaterTraining
from invdesign.io._resources import pretrained_dir
from invdesign.io._run_directory import open_run_directory
from invdesign.simulators.particle._build import ModelConfig
from invdesign.spaces import JointChain
from invdesign.studies._champions import read_champions
from invdesign.studies._registry import load_task
from invdesign.studies._result import read_result, read_settings
from invdesign.studies._run import read_champion
from invdesign.training import TrainingRun
from invdesign.training._config import CommonConfig, TrainingConfig
from invdesign.training._shards import data_notes
from invdesign.training.particle import OneStepConfig

OLD = Path(__file__).resolve().parents[1] / "fixtures" / "0.1"
LOADERS = {"water": load_water, "airfoil": load_foils, "elastic": load_elastic}


@pytest.fixture(name="old")
def _old(tmp_path):
    """A copy of all of them."""
    return shutil.copytree(OLD, tmp_path / "old")


def content(folder):
    return {path: path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def test_a_finished_run_is_read_with_a_note(old):
    run = io.read_run_directory(old / "run")
    assert run.version == "0.1.0" and "wrote no checksums" in run.notes[0]
    # The task of that name is another one today.
    space = JointChain(6, length=0.3, anchor=(0.25, 0.175), root=3, max_bend=0.8)
    task = dataclasses.replace(load_task("contain-lite"), space=space)
    latent = np.asarray(read_champion(run, task))
    champions = read_champions(run, latent)
    np.testing.assert_allclose(champions[-1], latent, atol=1e-4)
    assert len(load_history(run / "history.csv")) == len(champions) == 3
    assert read_result(run)["iterations"] == 3
    assert read_settings(run).model == "water2d"


def test_a_finished_run_is_drawn_with_a_note(old):
    said = CliRunner().invoke(app, ["figures", str(old / "run")])
    assert said.exit_code == 0 and "Note: " in said.stderr and "0.1.0" in said.stderr
    assert (old / "run" / "figure.png").exists()


@pytest.mark.parametrize("name", ["run", "interrupted"])
def test_a_run_is_not_resumed(old, name):
    before = content(old / name)
    configuration = io.read_run_directory(old / name).configuration
    with pytest.raises(ValueError, match=r"was made by invdesign 0\.1\.0"):
        open_run_directory(old / name, configuration)
    assert content(old / name) == before


def test_a_run_of_a_task_that_has_changed_is_not_verified(old):
    said = CliRunner().invoke(app, ["verify", str(old / "run"), "--json"])
    assert said.exit_code == 2 and "the task has changed since" in said.stderr


@pytest.mark.parametrize("name", LOADERS)
def test_data_are_read_with_a_note(old, name):
    folder = old / f"data-{name}"
    before = content(folder)
    arrays, described = LOADERS[name](folder)
    assert described["version"] == "0.1.0" and all(map(len, arrays.values()))
    assert "wrote no checksums" in data_notes(folder)[0]
    assert content(folder) == before


def test_a_training_goes_on(old):
    """Its data's version is not that of the library any more."""
    run = TrainingRun(_config(), old / "data-water", old / "training")
    assert int(run.state.step) == 3 and [row["step"] for row in run.rows] == [3]
    again = TrainingRun(_config(), old / "data-water", old / "training")
    assert int(again.state.step) == 3
    with pytest.raises(ValueError, match="another configuration or data"):
        TrainingRun(_config(latent=16), old / "data-water", old / "training")


def _config(latent=8):
    model = ModelConfig(latent, num_steps=1, depth=1, normalize=True, radius=0.028, reach=0.04)
    schedule = OneStepConfig(
        steps=6,
        graphs_per_batch=2,
        learning_rate=1e-3,
        final_learning_rate=1e-5,
        warmup=2,
        noise=3e-4,
        position_noise=3e-4,
        ema=0.99,
        evaluate_every=3,
    )
    common = CommonConfig(clip=1.0, seed=0, held_out=1)
    return TrainingConfig(
        "tiny", model, DataConfig(3, 4, 0.0), common, (schedule,), WaterTraining()
    )


@pytest.mark.parametrize("name", ["water2d", "water2d-open", "airfoil"])
def test_shipped_configurations_are_read(name):
    config = load_config(pretrained_dir() / "configs" / f"{name}.toml")
    assert config.name == name and config.num_steps > 0
