"""Simulators of sections that learn from lessons; a fresh network stands in for the solver."""

import dataclasses

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from invdesign.families.airfoil._data import load_foils
from invdesign.families.airfoil._training import FoilTraining
from invdesign.grids import OGrid
from invdesign.scenes import SectionScene
from invdesign.scenes._forces import foil_coefficients
from invdesign.sections import SectionLayout, naca4
from invdesign.studies._resolve import load_simulator
from invdesign.training.mesh._flow_course import CaseSampler

from ..foils import (
    GRID,
    HEADER,
    StandIn,
    lessons_of,
    make_data,
    make_learner,
    scenes,
    tiny_simulator,
)


@pytest.fixture(scope="module")
def reference():
    return StandIn(tiny_simulator(1))


@pytest.fixture(scope="module")
def data(reference, tmp_path_factory):
    return make_data(reference, tmp_path_factory.mktemp("foils") / "data")


@pytest.fixture(scope="module")
def lessons(reference):
    return lessons_of(reference, scenes(3, first=20))


def test_lessons_are_a_data_set(lessons, data, tmp_path):
    make_learner(data).write(lessons, tmp_path / "lessons")
    arrays, described = load_foils(tmp_path / "lessons")
    assert described["statistics"] == {"solved": 3, "failed": 0, "failures": []}
    np.testing.assert_array_equal(arrays["pressure"][1], lessons[1].frames.pressure[0])
    found = foil_coefficients(jax.tree.map(lambda x: jnp.asarray(x[0]), lessons[2].frames))
    np.testing.assert_allclose(arrays["coefficients"][2, :2], [found.lift, found.drag], rtol=1e-5)


@pytest.mark.slow
def test_it_learns_and_goes_on_where_it_was(lessons, data, tmp_path):
    learner = make_learner(data, updates=30, learning_rate=1e-2)
    learner.write(lessons, tmp_path / "lessons")
    before = tiny_simulator(2)
    kept = jax.device_get(before)
    learned = learner.learn(before, [tmp_path / "lessons"], tmp_path / "out")
    play = eqx.filter_jit(drag)
    errors = [
        sum(abs(float(play(simulator, lesson.scene) - true(lesson))) for lesson in lessons)
        for simulator in (kept, learned)
    ]
    assert errors[1] < 0.3 * errors[0]
    again = learner.learn(before, [tmp_path / "lessons"], tmp_path / "out")
    for one, other in zip(jax.tree.leaves(again), jax.tree.leaves(learned), strict=True):
        np.testing.assert_array_equal(one, other)
    units = zip(jax.tree.leaves(learned.statistics), jax.tree.leaves(kept.statistics), strict=True)
    assert all(np.array_equal(*pair) for pair in units)
    learner.save(learned, tmp_path / "model.safetensors")
    loaded, _ = load_simulator(str(tmp_path / "model.safetensors"))
    for one, other in zip(jax.tree.leaves(loaded), jax.tree.leaves(learned), strict=True):
        np.testing.assert_array_equal(one, other)


def drag(simulator, scene):
    return foil_coefficients(simulator.step(*simulator.init(scene))[0]).drag


def true(lesson):
    return foil_coefficients(jax.tree.map(lambda x: jnp.asarray(x[0]), lesson.frames)).drag


def test_half_of_every_batch_are_lessons(lessons, data, tmp_path):
    learner = make_learner(data)
    learner.write(lessons, tmp_path / "lessons")
    further = [tmp_path / "lessons"]
    course = FoilTraining().course(
        learner._config(data), data, start=tiny_simulator(0), further=further
    )
    assert course._shares(course.config.stages[0]) == [(range(3), 2), (range(3, 17), 2)]
    alike = dataclasses.replace(course.config.stages[0], further_per_batch=0)
    assert course._shares(alike) == [(range(17), 4)]
    with pytest.raises(ValueError, match="between 0 and `cases_per_batch`, got 5 of 4"):
        course._shares(dataclasses.replace(alike, further_per_batch=5))
    known = course.cases.coefficients[:3].tolist()
    sampler = CaseSampler(course.cases, shares=[(range(3), 2), (range(3, 17), 2)], seed=0)
    for step in range(5):
        drawn = sampler.batch(step, 0).coefficients.tolist()
        assert [row in known for row in drawn] == [True, True, False, False]


def test_a_rehearsal_is_solved_once(data, tmp_path, monkeypatch):
    calls = []
    made = "invdesign.families.airfoil._learner.generate_foils"
    monkeypatch.setattr(made, lambda out, **settings: calls.append(settings) or out)
    assert make_learner(data)._rehearsed() == data and not calls
    none = dataclasses.replace(make_learner(data), data=tmp_path / "none")
    assert none._rehearsed() == tmp_path / "none"
    assert calls[0]["num_cases"] == 64 and calls[0]["solver"].grid == GRID


def test_what_does_not_fit_is_refused(lessons, data, tmp_path):
    learner = make_learner(data)
    scene = lessons[0].scene
    learner.check(scene)
    with pytest.raises(ValueError, match="this task builds a Lesson"):
        learner.check(lessons[0])
    with pytest.raises(ValueError, match=r"of 48 points; this task builds sections of 126\."):
        learner.check(SectionScene(SectionLayout().fit(naca4("0012")), 0.0))
    with pytest.raises(ValueError, match="holds for a Reynolds number"):
        learner.check(SectionScene(scene.surface, 0.0, 20.0))
    finer = eqx.tree_at(lambda s: s.grid, learner, OGrid(8, 0.01, 10.0))
    with pytest.raises(ValueError, match="another grid than the model"):
        finer.write(lessons, tmp_path / "lessons")
    start = eqx.tree_at(lambda s: s.grid, tiny_simulator(0), OGrid(8, 0.01, 10.0))
    with pytest.raises(ValueError, match="another grid than the start's"):
        FoilTraining().course(learner._config(data), data, start=start)


def test_flows_of_other_cells_than_the_references_are_no_lessons(data, tmp_path):
    """A model of the working grid would be taught flows of a finer one."""
    settings = {"out": tmp_path, "updates": 1, "seed": 0}
    learner = FoilTraining().learner
    with pytest.raises(ValueError, match=r"at a resolution of 1, .* at 2; refine `airfoil-fine`"):
        learner(tiny_simulator(0), HEADER, data=data, **settings)
    with pytest.raises(ValueError, match=r"resolution of 2, those of `.*` at 1\."):
        learner(tiny_simulator(0), {**HEADER, "resolution": 2}, data=data, **settings)


@pytest.mark.parametrize("varied", [True, False])
def test_a_rehearsal_at_other_reynolds_numbers_is_refused(reference, tmp_path, varied):
    """Modes are those of the data: the model would forget, or be asked for, the Reynolds number."""
    foils = {} if varied else {"reynolds": [3e5, 3e6]}
    other = make_data(reference, tmp_path / "other", number=1, foils=foils, resolution=2)
    simulator = tiny_simulator(0)
    if varied:
        simulator = dataclasses.replace(simulator, reynolds=(3e5, 3e6))
    wanted = "airfoil-mixed" if varied else "airfoil"
    with pytest.raises(ValueError, match=rf"than the model knows; `invdesign data {wanted} --res"):
        FoilTraining().learner(
            simulator, {**HEADER, "resolution": 2}, data=other, out=tmp_path, updates=1, seed=0
        )


@pytest.mark.parametrize("wrong", [{"rehearsal": 8}, {"updates": 0}, {"cases_per_batch": 3}])
def test_numbers_out_of_range_are_refused(data, wrong):
    with pytest.raises(ValueError, match="`FoilLearner` needs"):
        make_learner(data, **wrong)


def test_configurations_of_before_stay_what_they_were(data):
    config = make_learner(data).config
    before = config.as_dict()
    del before["steady"]["further_per_batch"]  # which files of 0.1 do not know
    assert config.goes_on_from({**before, "one_step": None, "unroll": []})
    assert not make_learner(data)._config(data).goes_on_from(before)
