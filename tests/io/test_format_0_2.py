"""Files that invdesign 0.2.0 wrote, before families had folders of their own, are read."""

import shutil
from pathlib import Path

import equinox as eqx
import jax
import numpy as np
import pytest

from invdesign import __version__
from invdesign.families._registry import build_simulator, load_config
from invdesign.families.airfoil._data import load_foils
from invdesign.families.elastic._data import load_elastic
from invdesign.families.water._data import load_water
from invdesign.io import load_model, read_run_directory
from invdesign.studies._identity import task_of
from invdesign.studies._outputs import draw_outputs
from invdesign.studies._result import read_result
from invdesign.studies._run import read_champion
from invdesign.training import TrainingRun

OLD = Path(__file__).resolve().parents[1] / "fixtures" / "0.2"
LOADERS = {"water": load_water, "airfoil": load_foils, "elastic": load_elastic}


@pytest.fixture(name="old")
def _old(tmp_path):
    """A copy of all of them."""
    return shutil.copytree(OLD, tmp_path / "old")


def config_of(old, family):
    """The configuration of a training; water's named no kind, the others a `kind`."""
    path = old / f"{family}.toml"
    text = path.read_text()
    if "kind" not in text:
        path.write_text(f'family = "{family}"\n{text}')
    return load_config(path)


@pytest.mark.parametrize("family", LOADERS)
def test_data_are_read(old, family):
    arrays, described = LOADERS[family](old / f"data-{family}")
    assert described["version"] == "0.2.0" and all(map(len, arrays.values()))
    for other in LOADERS.keys() - {family}:
        with pytest.raises(ValueError, match="holds data of"):
            LOADERS[other](old / f"data-{family}")


@pytest.mark.parametrize("family", LOADERS)
def test_a_half_way_training_goes_on(old, family):
    config = config_of(old, family)
    run = TrainingRun(config, old / f"data-{family}", old / f"training-{family}")
    assert int(run.state.step) == 2 and [row["step"] for row in run.rows] == [2]
    assert config.num_steps == 4


@pytest.mark.parametrize("family", LOADERS)
def test_weights_are_those_of_the_state(old, family):
    folder = old / f"training-{family}"
    model = load_model(folder / "best.safetensors", build_simulator)
    run = TrainingRun(config_of(old, family), old / f"data-{family}", folder)
    ours, theirs = (
        np.concatenate([np.ravel(x) for x in _leaves(each)])
        for each in (model.network, run.simulator().network)
    )
    np.testing.assert_array_equal(ours, theirs)


def test_a_finished_run_is_drawn_and_its_task_is_known(old):
    run = read_run_directory(old / "run-airfoil")
    assert run.version == "0.2.0" and not run.notes
    found, notes = task_of(run)
    assert found.task.name == "airfoil" and found.options == {}
    assert f"`invdesign` is {__version__} now, was 0.2.0" in notes[0]
    assert len(read_champion(run, found.task)) == found.task.space.size
    assert read_result(run)["reference_score_mean"] > 29
    assert [path.name for path in draw_outputs(run)] == ["figure.png", "animation.gif"]


def _leaves(network):

    return jax.tree.leaves(eqx.filter(network, eqx.is_array))
