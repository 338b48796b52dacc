"""What `rope-drape` promises: a rope that has settled, and pegs that all matter."""

import itertools
import runpy

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from invdesign import judge, load
from invdesign.families.rope import ROPE, PegsApart
from invdesign.io._resources import tasks_dir
from invdesign.reference import MuJoCo
from invdesign.spaces import BoxDesign
from invdesign.studies._registry import load_task

pytest.importorskip("mujoco")
NAMES = runpy.run_path(str(tasks_dir() / "rope-drape" / "task.py"))
PEGS = np.asarray(NAMES["PEGS"])


@pytest.fixture(scope="module")
def task():
    return load_task("rope-drape")


def between(task, share):
    """Parameters of a design on the way from the start of a search to the pegs that nobody sees."""
    start = np.asarray(task.space.initial_parameters)
    return (start + share * (PEGS.ravel() - start)).astype(np.float32)


def value(task, parameters):
    design = BoxDesign(jnp.asarray(parameters, jnp.float32))
    scene = task.build(design, jnp.zeros(()))
    (trajectory,) = MuJoCo().trajectories([scene], num_steps=task.num_steps)
    return float(task.objective(trajectory, design))


def slope(function, parameters, step):
    """Central differences, a parameter at a time."""
    ways = step * np.eye(len(parameters), dtype=np.float32)
    return np.asarray([function(parameters + w) - function(parameters - w) for w in ways]) / (
        2 * step
    )


def cosine(first, second):
    return first @ second / (np.linalg.norm(first) * np.linalg.norm(second))


def test_the_rope_has_settled_in_the_shape_at_the_end(task):
    found = judge(task.space.encode(PEGS.ravel()), task, MuJoCo())
    first = judge(task.space.initial(), task, MuJoCo())
    assert found.score > 0.995 and found.metrics["distance"][0] < 1e-3
    assert first.score < 0.1
    assert found.violations == {} and first.violations == {}
    for judged in (found, first):
        speed = np.linalg.norm(judged.trajectory.frames.velocity[:, 1:], axis=-1)
        np.testing.assert_allclose(judged.metrics["speed"], speed[-1].mean(), rtol=1e-4)
        assert speed[-1].mean() < 0.02 < speed[20].mean()
        value = float(task.objective.terms[1](judged.trajectory, None))
        np.testing.assert_allclose(value, (speed[-1] ** 2).mean() / 0.3**2, rtol=1e-4)


def test_a_row_of_pegs_will_not_do(task):
    slice_ = task.slices["height of the row"]
    designs = [task.space.encode(slice_(jnp.asarray([y]))) for y in (-0.4, -0.325, -0.25)]
    assert max(judge(each, task, MuJoCo()).score for each in designs) < 0.45


def test_every_peg_matters(task):
    far = np.asarray([0.85, -0.7])  # where the rope does not get to
    for peg in range(4):
        pegs = np.where(np.arange(4)[:, None] == peg, far, PEGS)
        assert judge(task.space.encode(pegs.ravel()), task, MuJoCo()).score < 0.95


def test_no_peg_within_the_bounds_touches_the_level_rope(task):
    scene = task.build(task.space.decode(task.space.initial()), jnp.zeros(()))
    rope, (obstacles,) = np.asarray(scene.position), scene.obstacles
    corners = itertools.product(*zip(NAMES["LOWER"], NAMES["UPPER"], strict=True))
    distance = np.linalg.norm(np.asarray(list(corners))[:, None] - rope[None], axis=-1)
    assert distance.min() > scene.radius + float(obstacles.thickness.max())


def test_pegs_that_touch_are_just_apart():
    design = BoxDesign(jnp.asarray([0.0, 0.0, 0.12, 0.0, 0.0, 0.06]))
    entries = PegsApart(0.12)(None, design)
    np.testing.assert_allclose(entries, [0.0, -0.5, np.hypot(2, 1) / 2 - 1], atol=1e-6)
    same = jax.jacfwd(lambda p: PegsApart(0.12)(None, BoxDesign(p)))(jnp.zeros(4))
    assert np.isfinite(same).all()
    with pytest.raises(ValueError, match="distance"):
        PegsApart(0.0)


@pytest.mark.slow
@pytest.mark.parametrize("share", [0.0, 0.25, 0.5, 0.75, 0.95])
def test_mujocos_own_differences_agree_over_step_sizes(task, share):
    place = between(task, share)
    slopes = [slope(lambda p: value(task, p), place, step) for step in (1e-3, 3e-3, 1e-2)]
    for first, second in itertools.combinations(slopes, 2):
        assert cosine(first, second) > 0.9


@pytest.mark.slow
def test_the_gradient_through_contact_is_the_differences_and_points_as_mujocos_do(task):
    space, place = task.space, between(task, 0.25)
    problem = ROPE.descent().problem(task, load("rope"), learned=True)

    @eqx.filter_jit
    def through(parameters):
        scaled = (2 * parameters - space.lower - space.upper) / (space.upper - space.lower)
        return problem._outcome(jnp.arctanh(scaled), task.conditions)[0][0]

    gradient = np.asarray(eqx.filter_jit(jax.grad(through))(jnp.asarray(place)))
    own = slope(lambda p: float(through(jnp.asarray(p))), place, 3e-3)
    trusted = slope(lambda p: value(task, p), place, 3e-3)
    assert cosine(gradient, own) > 0.95
    assert cosine(gradient, trusted) > 0.95
