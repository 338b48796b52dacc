"""The family of the Kuramoto-Sivashinsky equation: its data, its judge, its picture."""

import dataclasses

import jax
import numpy as np
import pytest

from invdesign import judge
from invdesign._judged import Judged
from invdesign.families import Candidate
from invdesign.families._registry import build_simulator, family_of, load_config
from invdesign.families.ks import KS
from invdesign.families.ks._data import RandomFields, generate_fields, load_fields
from invdesign.families.ks._evaluate import nudged
from invdesign.families.ks._fields_file import read_fields
from invdesign.families.ks._showing import fields_figure
from invdesign.families.ks._training import FieldTraining
from invdesign.io import save_weights
from invdesign.io._reading import read_json
from invdesign.io._resources import pretrained_dir
from invdesign.io._run_directory import RunDirectory
from invdesign.reference import KuramotoSivashinsky, Simulated
from invdesign.simulators.grid._build import GridModelConfig
from invdesign.studies._registry import load_task
from invdesign.training import SeededData, TrainingConfig, _shards
from invdesign.training._config import CommonConfig

pytest.importorskip("exponax")


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    """Made in two parts: the first was killed after its first file."""
    out = tmp_path_factory.mktemp("ks") / "data"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("invdesign.families.ks._data._SHARD", 2)
        write, written = _shards.write_npz, []

        def killed(path, **arrays):
            if written:
                raise KeyboardInterrupt
            written.append(write(path, **arrays))

        settings = {"num_trajectories": 4, "seed": 0, "num_steps": 30}
        patch.setattr(_shards, "write_npz", killed)
        with pytest.raises(KeyboardInterrupt):
            generate_fields(out, **settings)
        patch.setattr(_shards, "write_npz", write)
        return generate_fields(out, **settings)


@pytest.fixture(scope="module")
def course(data):
    schedule = load_config(pretrained_dir() / "configs" / "ks.toml").stages[0]
    config = TrainingConfig(
        name="tiny",
        model=GridModelConfig(latent=4, num_blocks=1),
        data=SeededData(4, 0),
        training=CommonConfig(clip=1.0, seed=0, held_out=1),
        stages=(dataclasses.replace(schedule, steps=10),),
        world=FieldTraining(),
    )
    return FieldTraining().course(config, data)


@pytest.fixture(scope="module")
def model(course):
    return course.simulator(course.network())


def test_data_are_the_solvers_trajectories(data):
    found = load_fields(data)
    assert found.fields.shape == (4, 31, 96) and found.described["length"] == 60.0
    starts = RandomFields().starts(0, 0, 4)
    np.testing.assert_array_equal(found.fields[:, 0], starts)
    assert {each.name for each in data.iterdir()} >= {"shard-00000.npz", "shard-00001.npz"}
    np.testing.assert_allclose(found.fields.mean(axis=-1), 0, atol=1e-5)


def test_starts_are_of_the_energies_asked_for():
    energy = (RandomFields((0.01, 1.0)).starts(1, 0, 60) ** 2).mean(axis=1)
    assert (energy > 0.0099).all() and (energy < 1.01).all()
    assert np.histogram(np.log10(energy), 2, (-2, 0))[0].min() > 15
    later = RandomFields().starts(1, 7, 9)
    np.testing.assert_array_equal(later, RandomFields().starts(1, 0, 9)[7:])


def test_a_model_is_built_from_its_header(course, model):
    built = build_simulator({"family": "ks", **course.header()})
    assert jax.tree.structure(built) == jax.tree.structure(model)
    assert built.ranges.num_steps == 30 and built.dt == 0.5


def test_the_task_belongs_to_the_family_and_has_its_solver():
    task = load_task("ks-steer")
    assert family_of(task) is KS
    solver = KS.solver(task, 0.5).simulator
    assert isinstance(solver, KuramotoSivashinsky)
    assert (solver.length, solver.num_points, solver.dt) == (60.0, 96, 0.5)


def test_a_twin_begins_a_thousandth_away():
    starts = RandomFields().starts(0, 0, 3)
    twin = nudged(starts, np.random.default_rng(0))
    apart = np.linalg.norm(twin - starts, axis=1) / np.linalg.norm(starts, axis=1)
    np.testing.assert_allclose(apart, 1e-3, rtol=1e-3)


def test_a_card_stands_beside_the_solvers_own_chaos(course, model, tmp_path):
    path = tmp_path / "tiny.safetensors"
    save_weights(path, model, {"family": "ks", **course.header()})
    candidate = Candidate(model, path, tmp_path / "card", "Made by a test.", load_task)
    report = KS.judge(fields=2, steps=20).report(candidate)
    numbers = read_json(tmp_path / "card" / "metrics.json")
    assert set(KS.judge().errors) <= numbers.keys() <= report.numbers.keys()
    assert numbers["correlation_time_floor"] == 10.0 >= numbers["correlation_time"]
    assert numbers["field_error_20_floor"] < 0.02 < numbers["field_error_20"]
    card = (tmp_path / "card" / "card.md").read_text()
    assert "Made by a test." in card and "chaos floor" in card
    assert (tmp_path / "card" / "space-time.png").stat().st_size > 10_000


def test_a_run_shows_first_and_best_design_and_the_solver(model, tmp_path):
    task = dataclasses.replace(load_task("ks-steer"), num_steps=3)
    start, latent = np.zeros(24, np.float32), 0.1 * np.ones(24, np.float32)
    solver = KS.solver(task, 0.5)
    before, after = (judge(each, task, Simulated(model)) for each in (start, latent))
    trusted = judge(latent, task, solver)
    judged = Judged(task, start, latent, before, after, trusted, latent[None])
    run = RunDirectory(tmp_path, {"task": "ks-steer", "optimizer": "lbfgs"}, "0", False)
    several, task = KS.models.together([model, model], task)
    for each in (model, several):
        assert KS.showing.write(run, judged, each, solver)
    stored = read_fields(run / KS.showing.files[0])
    assert stored.initial.shape == stored.simulated.shape == stored.reference.shape == (4, 96)
    np.testing.assert_allclose(stored.simulated[0], stored.reference[0], atol=1e-6)
    np.testing.assert_allclose(stored.target, task.score.target)
    figure = fields_figure(stored, dict(run.configuration))
    drawn = [axes for axes in figure.axes if axes.images]
    np.testing.assert_array_equal(drawn[2].images[0].get_array(), stored.reference)
    assert figure.axes[-1].lines[0].get_label() == "target"
