"""Training on flows around sections: it learns, resumes exactly, and its weights load."""

import dataclasses

import jax
import numpy as np
import pytest

from invdesign.families._registry import build_simulator, load_config
from invdesign.families.airfoil._data import generate_foils
from invdesign.families.airfoil._drawn import MixedFoils, RandomFoils
from invdesign.families.water.family import WATER
from invdesign.io import load_model
from invdesign.reference import OpenFOAM
from invdesign.scenes import SectionScene
from invdesign.sections import naca4
from invdesign.simulators import FlowSimulator
from invdesign.simulators.mesh._build_flow import build_foil_simulator
from invdesign.studies._resolve import load_simulator
from invdesign.training import TrainingRun
from invdesign.training.mesh._flow_course import relative_errors

from ..foils import CONFIG, FULL_HEADER, MODEL, made_up_cases


@pytest.fixture(scope="module")
def foils(tmp_path_factory):
    """Six cases that a fresh network, and no solver, has made up."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(OpenFOAM, "solve_all", made_up_cases())
        out = tmp_path_factory.mktemp("foils") / "data"
        return generate_foils(out, num_cases=6, seed=0, foils=RandomFoils())


@pytest.fixture(scope="module")
def mixed(tmp_path_factory):
    """As many at several Reynolds numbers."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(OpenFOAM, "solve_all", made_up_cases())
        out = tmp_path_factory.mktemp("mixed") / "data"
        return generate_foils(out, num_cases=6, seed=0, foils=MixedFoils())


@pytest.fixture
def config(tmp_path):
    path = tmp_path / "tiny.toml"
    path.write_text(CONFIG)
    return load_config(path)


@pytest.mark.slow  # compiles for long
def test_it_resumes_exactly_and_its_weights_load(foils, config, tmp_path):
    straight = TrainingRun(config, foils, tmp_path / "straight")
    straight.run()
    TrainingRun(config, foils, tmp_path / "parts").run(until=2)
    parts = TrainingRun(config, foils, tmp_path / "parts")
    assert int(parts.state.step) == 2
    parts.run()
    for one, other in zip(
        jax.tree.leaves(straight.state), jax.tree.leaves(parts.state), strict=True
    ):
        np.testing.assert_array_equal(one, other)
    assert [row["step"] for row in straight.rows] == [2, 4]
    last = straight.rows[-1]
    assert last["agreement"] == pytest.approx(1 - last["drag_error"] - last["lift_error"])
    assert np.isfinite(last["loss"])
    loaded = load_model(tmp_path / "straight" / "last.safetensors", build_simulator)
    assert isinstance(loaded, FlowSimulator)
    with pytest.raises(ValueError, match="is a model of sections; this needs one of water"):
        load_simulator(str(tmp_path / "straight" / "last.safetensors"), WATER)
    surface = loaded.layout.fit(naca4("2412"))
    scene = SectionScene(surface, 0.05)
    play = jax.jit(lambda simulator: simulator.step(*simulator.init(scene))[0])
    flows = [play(simulator) for simulator in (loaded, straight.simulator())]
    np.testing.assert_array_equal(flows[0].pressure, flows[1].pressure)


def test_relative_errors_do_not_blow_up_where_lift_vanishes():
    errors = relative_errors(
        np.array([[0.01, 0.02], [0.5, 0.01]]), np.array([[0.0, 0.01], [1, 0.02]])
    )
    np.testing.assert_allclose(errors, [[0.1, 1.0], [0.5, 0.5]])


def test_a_start_keeps_its_units_and_learns_modes_with_the_reynolds_number(mixed, config, tmp_path):
    start = build_foil_simulator(FULL_HEADER)
    course = TrainingRun(config, mixed, tmp_path / "run", start=start).course
    found, own = course.statistics, start.statistics
    assert found.modes.mean.size == own.modes.mean.size + 1  # the Reynolds number
    assert np.isfinite(float(course.simulator(course.network()).angles[1]))
    kept = [dataclasses.replace(each, modes=own.modes) for each in (found, own)]
    for one, other in zip(*map(jax.tree.leaves, kept), strict=True):
        np.testing.assert_array_equal(one, other)


def test_what_cannot_be_trained_is_refused(foils, config, tmp_path):
    training = dataclasses.replace(config.training, held_out=6)
    with pytest.raises(ValueError, match="`held_out` has to leave"):
        TrainingRun(dataclasses.replace(config, training=training), foils, tmp_path / "run")
    other = build_foil_simulator(
        FULL_HEADER | {"model": dataclasses.asdict(MODEL) | {"latent": 16}}
    )
    with pytest.raises(ValueError, match="start of its own size"):
        TrainingRun(config, foils, tmp_path / "run", start=other)
    bad = tmp_path / "bad.toml"
    bad.write_text(CONFIG.replace('family = "airfoil"', 'family = "ship"'))
    with pytest.raises(ValueError, match='"water", "airfoil", "balls", "elastic"'):
        load_config(bad)
    bad.write_text(CONFIG.split("[steady]", 1)[0])
    with pytest.raises(ValueError, match="a table `steady`"):
        load_config(bad)
