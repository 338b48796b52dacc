"""Every family, one from outside of the package among them, is what the commands take it for."""

import dataclasses

import equinox as eqx
import jax.numpy as jnp
import pytest

from invdesign import AbstractSimulator, Problem, load, load_task
from invdesign._options import declared
from invdesign.families import families, register, unregister
from invdesign.families._registry import (
    family_named,
    family_of_header,
    find_source,
    known_family,
    load_config,
)
from invdesign.io._manifest import find_model, read_manifest
from invdesign.io._resources import pretrained_dir, tasks_dir
from invdesign.io._weights import read_hyperparameters
from invdesign.reference import AbstractReference
from invdesign.studies import RunConfig, resolve

from ..families import toy

WORLDS = (*families().values(), toy.BALL)
CONFIGS = sorted((pretrained_dir() / "configs").glob("*.toml"))
MODELS = sorted(read_manifest())


@pytest.fixture(scope="module", autouse=True)
def ball():
    register(toy.BALL)
    yield
    unregister(toy.NAME)


@pytest.fixture(params=WORLDS, ids=lambda family: family.name)
def family(request):
    return request.param


@pytest.fixture(scope="module")
def tasks():
    """A shipped task of each family that has one: the name that is also its folder's."""
    found = {}
    for folder in sorted(path.parent for path in tasks_dir().glob("*/task.py")):
        try:
            task = load_task(folder.name)
        except ValueError:  # a folder of several tasks, none of which has its name
            continue
        found.setdefault(known_family(task).name, folder.name)
    return found


def test_its_names_find_it(family):
    for name in (family.name, *family.aliases):
        assert family_named(name) is family
        assert family_of_header({"family": name}) is family
    for name, source in family.sources.items():
        assert find_source(name) is source


def test_what_declares_options_is_a_frozen_record_that_its_defaults_make(family):
    makers = [family.descent, family.judge, family.importer, *family.sources.values()]
    for maker in filter(None, makers):
        made = maker()
        for name, option in declared(maker).items():
            assert option.default == getattr(made, name)
        for field in dataclasses.fields(made):
            with pytest.raises(dataclasses.FrozenInstanceError):
                setattr(made, field.name, None)


@pytest.fixture
def problem(family, tasks):
    """A task of the family under its default simulator; no task of rigid bodies ships."""
    if family is toy.BALL:
        return family.descent().problem(toy.throw(), toy.Spring(), learned=False)
    if family.name not in tasks:
        pytest.skip("no task of this family ships")
    chosen = resolve(RunConfig(task=tasks[family.name]))
    assert chosen.family is family
    return chosen.problem


def test_a_task_is_its_own_and_has_a_solver_that_can_be_finer(family, problem):
    assert isinstance(problem, Problem) and isinstance(problem.simulator, AbstractSimulator)
    assert known_family(problem.task) is family
    reference = family.make_solver(problem.task, family.models.dt)
    assert isinstance(reference, AbstractReference)
    if family is not toy.BALL:
        assert isinstance(reference.refined(2), AbstractReference)


@pytest.mark.slow  # nothing is compiled, but half a minute is traced
def test_a_task_is_traced_from_the_design_to_the_gradient(problem):
    latent = jnp.asarray(problem.task.space.initial())
    traced = eqx.filter_eval_shape(lambda z: problem.evaluate(z, order=1), latent)
    assert traced.value.shape == () and traced.grad.shape == latent.shape
    assert traced.constraints.shape == (len(problem.constraints),)


@pytest.mark.parametrize("path", CONFIGS, ids=lambda path: path.stem)
def test_a_shipped_configuration_is_read_by_the_world_it_names(path):
    config = load_config(path)
    assert config.world in [family.training for family in WORLDS]


@pytest.mark.parametrize("name", MODELS)
def test_a_shipped_model_is_built_by_the_family_of_its_header(name):
    header = read_hyperparameters(find_model(name)[1])
    assert family_of_header(header) in WORLDS
    assert isinstance(load(name), AbstractSimulator)
