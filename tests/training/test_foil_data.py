"""Data sets of flows around sections: distributions, shards, failures, refusals."""

import jax.numpy as jnp
import numpy as np
import pytest

from invdesign.families.airfoil import _data
from invdesign.families.airfoil._data import generate_foils, load_foils
from invdesign.families.airfoil._drawn import MixedFoils, NacaFoils, RandomFoils
from invdesign.grids import OGrid
from invdesign.grids._measures import cell_areas
from invdesign.io._sealed import read_sealed, write_sealed
from invdesign.reference import OpenFOAM
from invdesign.reference.openfoam._solver import FlowResult
from invdesign.scenes import SectionFlow
from invdesign.sections._outline import checked_outline
from invdesign.simulators.mesh._build_flow import (
    FlowModelConfig,
    build_foil_simulator,
    foil_header,
    reynolds_of,
)

FOILS = RandomFoils()
FLOW = SectionFlow(
    nodes=jnp.zeros((3, 126, 2)),
    velocity=jnp.zeros((2, 126, 2)),
    pressure=jnp.zeros((2, 126)),
    eddy_viscosity=jnp.zeros((2, 126)),
    shear=jnp.zeros((126, 2)),
    stream=jnp.asarray([10.0, 0.0]),
)


@pytest.fixture
def solver(monkeypatch):
    """OpenFOAM that computes nothing; every third case fails. Counts its calls."""
    calls = []

    def solve_all(self, scenes, *, processes=None, progress=lambda done: None):
        calls.append(len(scenes))
        failed = FlowResult(None, failure="simpleFoam diverged.")
        return [
            failed if index % 3 == 2 else FlowResult(FLOW, float(scene.angle), 0.02, 0.0)
            for index, scene in enumerate(scenes)
        ]

    monkeypatch.setattr(OpenFOAM, "solve_all", solve_all)
    return calls


def test_cases_do_not_depend_on_where_a_shard_begins():
    parameters, scenes = FOILS.cases(0, 8, seed=3)
    again, later = FOILS.cases(5, 8, seed=3)
    np.testing.assert_array_equal(parameters[5:], again)
    np.testing.assert_array_equal(scenes[5].surface, later[0].surface)
    np.testing.assert_array_equal(parameters, FOILS.cases(0, 200, seed=3)[0][:8])
    other, _ = FOILS.cases(0, 8, seed=4)
    assert np.abs(parameters - other).max() > 1e-3
    np.testing.assert_array_equal(NacaFoils().cases(3, 4, 0)[0], NacaFoils().cases(0, 4, 0)[0][3:])


def test_cases_fill_the_space():
    parameters, _ = FOILS.cases(0, 256, seed=0)
    low, high = (np.asarray(bound) for bound in FOILS.space().bounds())
    unit = (parameters - low) / (high - low)
    assert unit.min() >= 0 and unit.max() <= 1
    # A Sobol sequence has as many points in one half of every axis as in the other.
    np.testing.assert_array_equal((unit < 0.5).sum(axis=0), 128)


@pytest.mark.parametrize("foils", [FOILS, NacaFoils(), MixedFoils()])
def test_sections_are_sections_with_a_grid(foils):
    for scene in foils.cases(0, 6, seed=1)[1]:
        checked_outline(np.asarray(scene.surface)[:123])
        assert float(cell_areas(OGrid()(scene.surface)).min()) > 0


def test_mixed_sections_take_turns_at_reynolds_numbers_of_their_own(solver, tmp_path):
    foils = MixedFoils()
    parameters, scenes = foils.cases(0, 7, seed=2)
    later, own = foils.cases(4, 7, seed=2)
    np.testing.assert_array_equal(parameters[4:], later)
    np.testing.assert_array_equal(scenes[4].surface, own[0].surface)
    assert parameters[:, 0].tolist() == [0, 1, 2, 0, 1, 2, 0]
    np.testing.assert_allclose(parameters[:, 1], [float(s.reynolds) for s in scenes], rtol=1e-5)
    assert (parameters[:, 1] > 3e5).all() and (parameters[:, 1] < 3e6).all()
    out = generate_foils(tmp_path / "foils", num_cases=7, seed=2, foils=foils)
    arrays, described = load_foils(out)
    np.testing.assert_allclose(10 / arrays["viscosity"], np.delete(parameters[:, 1], [2, 5]), 1e-5)
    header = foil_header(FlowModelConfig(8, 1, 1, 2), described)
    assert reynolds_of(header) == (3e5, 3e6)
    assert build_foil_simulator(header).reynolds == (3e5, 3e6)


def test_older_data_have_the_usual_viscosity(solver, tmp_path, monkeypatch):
    monkeypatch.setattr(_data, "_shard", without_viscosity(_data._shard))
    out = generate_foils(tmp_path / "foils", num_cases=3, seed=0, foils=FOILS)
    with np.load(out / "shard-00000.npz") as shard:
        assert "viscosity" not in shard
    np.testing.assert_array_equal(load_foils(out)[0]["viscosity"], np.float32([1.5e-5, 1.5e-5]))


def without_viscosity(shard):
    def old(*given):
        arrays = shard(*given)
        return {key: rows for key, rows in arrays.items() if key != "viscosity"}

    return old


def test_a_data_set_goes_on_and_tells_failures(solver, tmp_path):
    out = tmp_path / "foils"
    generate_foils(out, num_cases=60, seed=0, foils=FOILS)
    assert solver == [50, 10]
    arrays, described = load_foils(out)
    assert described["statistics"] == {
        "solved": 41,
        "failed": 19,
        "failures": ["simpleFoam diverged."],
    }
    assert arrays["surface"].shape == (41, 126, 2)
    np.testing.assert_allclose(arrays["coefficients"][:, 0], arrays["angle"])
    np.testing.assert_allclose(arrays["parameters"][:, -1], arrays["angle"], rtol=1e-6)
    (out / "shard-00001.npz").unlink()
    generate_foils(out, num_cases=60, seed=0, foils=FOILS)
    assert solver == [50, 10, 10]
    np.testing.assert_array_equal(load_foils(out)[0]["angle"], arrays["angle"])


def test_what_is_no_such_data_set_is_refused(solver, tmp_path):
    generate_foils(tmp_path / "foils", num_cases=3, seed=0, foils=FOILS)
    for other in ({"seed": 1, "foils": FOILS}, {"seed": 0, "foils": NacaFoils()}):
        with pytest.raises(ValueError, match="data of other settings"):
            generate_foils(tmp_path / "foils", num_cases=3, **other)
    with pytest.raises(ValueError, match="at least one simulation"):
        generate_foils(tmp_path / "none", num_cases=0, seed=0, foils=FOILS)
    metadata = tmp_path / "foils" / "metadata.json"
    described = read_sealed(metadata)
    write_sealed(metadata, {**described, "name": "water2d"})
    with pytest.raises(ValueError, match="holds data of"):
        load_foils(tmp_path / "foils")
    write_sealed(metadata, {k: v for k, v in described.items() if k != "statistics"})
    with pytest.raises(ValueError, match="not complete"):
        load_foils(tmp_path / "foils")
